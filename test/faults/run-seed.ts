import { postgresStore } from '../../lib/sql/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite-store.js';
import type { AuditEvent } from '../../lib/domain/audit-event.js';
import type { BuiltCopy } from '../harness/built-copy.js';
import { checkAuditTrail } from './audit-checker.js';
import { startClients } from './clients.js';
import { faultsFor, type FaultAction } from './fault-actions.js';
import { startFleet, type Fleet, type Place } from './fleet.js';
import { checkHistory } from './history-checker.js';
import { HistoryRecorder } from './history-recorder.js';
import { pause } from './pause.js';
import { seededRandom } from './seeded-random.js';

/** What came of one run. */
export interface SeedReport {
  readonly seed: number;
  readonly place: Place;
  readonly milliseconds: number;
  readonly operations: number;
  readonly faults: readonly string[];
  /** How long it took after the last fault until every process was well, in milliseconds. */
  readonly recoveryMs: number;
  /** A sentence for each answer that breaks a promise. */
  readonly violations: readonly string[];
}

const processes = 3;
const recoveryMs = 10_000;
const noSoundOfTrouble = /unhandled|uncaught|TypeError|ReferenceError|acme_live_[a-z0-9]{20}/i;

/** Lets clients and faults loose on a fleet, and says afterwards which promises were broken. */
export async function runSeed(options: {
  readonly seed: number;
  readonly place: Place;
  /** How long faults come, in milliseconds. */
  readonly durationMs: number;
  readonly copy?: BuiltCopy;
}): Promise<SeedReport> {
  const { seed, place, durationMs, copy } = options;
  const startedAt = performance.now();
  const recorder = new HistoryRecorder();
  const fleet = await startFleet({ place, processes, ...(copy === undefined ? {} : { copy }) });
  const violations: string[] = [];
  const faults: string[] = [];
  let recoveredAfterMs = Infinity;
  try {
    const clients = await startClients(fleet, recorder, seededRandom(seed));
    await pause(500);
    const stopAt = performance.now() + durationMs;
    const lane = async (actions: Readonly<Record<string, FaultAction>>, number: number): Promise<void> => {
      // Numbers of its own, so that a seed means the same faults however long each of them takes.
      const random = seededRandom(seed * 100 + number);
      await pause(random.between(0, 500));
      while (performance.now() < stopAt) {
        const [name, action] = random.pick(Object.entries(actions));
        faults.push(name);
        await recorder.disturb(name, undefined, () => action({ fleet, recorder, random }));
        await pause(random.between(100, 700));
      }
    };
    await Promise.all(faultsFor(fleet).map(lane));
    recoveredAfterMs = await recovery(fleet, clients.steadyKey.usable('read').token, violations);
    await clients.stop();
    violations.push(...(await finalState(fleet, recorder)));
    violations.push(...checkHistory(recorder.history));
    if (noSoundOfTrouble.test(fleet.output())) violations.push(`a process has written: ${fleet.output()}`);
    for (const { name, app } of fleet.members) if (app.hasEnded()) violations.push(`${name} has ended`);
  } finally {
    await fleet.stop();
  }
  return {
    seed,
    place,
    milliseconds: performance.now() - startedAt,
    operations: recorder.operations.length,
    faults,
    recoveryMs: recoveredAfterMs,
    violations,
  };
}

async function recovery(fleet: Fleet, token: string, violations: string[]): Promise<number> {
  const endedAt = performance.now();
  try {
    await fleet.untilNormal(recoveryMs);
    for (const { name, app } of fleet.members) {
      const { status, code } = await app.use(token);
      if (status !== 200)
        violations.push(`${name} answers ${status} ${code ?? ''} to a good key after all faults`);
    }
  } catch (error) {
    violations.push(String(error));
  }
  return performance.now() - endedAt;
}

/** Every key that was made can be read, and the audit trail is whole and tells of all that was acknowledged. */
async function finalState(fleet: Fleet, recorder: HistoryRecorder): Promise<readonly string[]> {
  const { operations } = recorder;
  const created = operations.filter(({ action, outcome }) => action === 'create' && outcome?.status === 201);
  const missing: string[] = [];
  for (const { keyId } of created) {
    const { status } = await fleet.member(0).app.manage('GET', `/keys/${keyId}`);
    if (status !== 200) missing.push(`the key ${keyId} was made and is answered with ${status}`);
  }
  return [...missing, ...checkAuditTrail(await allEvents(fleet), operations)];
}

/** The whole audit trail, oldest first, read around every process and proxy. */
export async function allEvents({
  place,
  databaseUrl,
}: Pick<Fleet, 'place' | 'databaseUrl'>): Promise<readonly AuditEvent[]> {
  const logger = { warn: () => undefined, error: () => undefined };
  const store = place.startsWith('PostgreSQL')
    ? postgresStore({ connection: databaseUrl, logger, migrate: 'check' })
    : sqliteStore({ file: databaseUrl.slice('file:'.length), migrate: 'check' });
  await store.open();
  try {
    const events: AuditEvent[] = [];
    for (;;) {
      const before = events.at(-1)?.sequence;
      const page = await store.listEvents({ limit: 500, before });
      if (page.length === 0) return events.toReversed();
      events.push(...page);
    }
  } finally {
    await store.close();
  }
}
