import { startClients, type Clients, type Way } from './clients.js';
import { checkAuditTrail } from './audit-checker.js';
import type { Fleet } from './fleet.js';
import { checkHistory, checkSpeed } from './history-checker.js';
import { HistoryRecorder } from './history-recorder.js';
import { pause } from './pause.js';
import { allEvents } from './all-events.js';
import { seededRandom } from './seeded-random.js';

/** What came of it. */
export interface LoadReport {
  readonly operations: number;
  /** How long it took after the work until every process was well, in milliseconds. */
  readonly recoveryMs: number;
  /** A sentence for each answer that breaks a promise. */
  readonly violations: readonly string[];
}

/** Longest time after which all must be well again, in milliseconds without the machine's share. */
const maxRecoveryMs = 10_000;
/** How long it is waited for, on a machine however slow. */
const timeoutMs = 60_000;
/**
 * After how long the clients slow down: they and the proxies share one event loop, and where the machine is so busy that
 * the loop is never idle, no answer of a server passes it in time and nothing can become normal.
 */
const fullLoadMs = 5_000;
const soundOfTrouble = /unhandled|uncaught|TypeError|ReferenceError|acme_live_[a-z0-9]{20}/i;

/**
 * Lets clients use and change keys while something else goes on, and says afterwards which promises were broken. What is
 * not written down as a disturbance is no excuse: then no answer may be 503.
 */
export async function underLoad(
  fleet: Fleet,
  seed: number,
  work: (context: { recorder: HistoryRecorder; clients: Clients }) => Promise<void>,
  ways?: readonly Way[],
): Promise<LoadReport> {
  const recorder = new HistoryRecorder();
  const violations: string[] = [];
  const clients = await startClients(fleet, recorder, seededRandom(seed), ways);
  let recoveryMs = 0;
  let recoveredAt = 0;
  try {
    await pause(300);
    await work({ recorder, clients });
    recoveryMs = await recovery(fleet, clients, violations);
    recoveredAt = performance.now();
  } finally {
    await clients.stop();
  }
  const slowness = await fleet.slowness();
  if (slowness.addedMs(recoveredAt - recoveryMs, recoveredAt) > maxRecoveryMs)
    violations.push(`all was well again after ${Math.round(recoveryMs)} ms`);
  violations.push(...(await unreadableKeys(fleet, recorder)));
  violations.push(...checkAuditTrail(await allEvents(fleet), recorder.operations));
  violations.push(...checkHistory(recorder.history, slowness), ...checkSpeed(recorder.history, slowness));
  if (soundOfTrouble.test(fleet.output())) violations.push(`a process has written: ${fleet.output()}`);
  for (const { name, app } of fleet.members) if (app.hasEnded()) violations.push(`${name} has ended`);
  return { operations: recorder.operations.length, recoveryMs, violations };
}

async function recovery(fleet: Fleet, clients: Clients, violations: string[]): Promise<number> {
  const endedAt = performance.now();
  const { token } = clients.steadyKey.usable('read');
  const slowing = setTimeout(() => clients.slowDown(), fullLoadMs);
  try {
    await fleet.untilNormal(timeoutMs);
    for (const { name, app } of fleet.members) {
      const { status, code } = await app.use(token);
      if (status !== 200)
        violations.push(`${name} answers ${status} ${code ?? ''} to a good key after all faults`);
    }
  } catch (error) {
    violations.push(String(error));
  } finally {
    clearTimeout(slowing);
  }
  return performance.now() - endedAt;
}

async function unreadableKeys(fleet: Fleet, { operations }: HistoryRecorder): Promise<readonly string[]> {
  const created = operations.filter(
    ({ action, outcome }) => ['create', 'make child'].includes(action) && outcome?.status === 201,
  );
  const found: string[] = [];
  for (const { keyId } of created) {
    const asAdmin = { 'X-Test-Admin': 'olga' };
    const { status } = await fleet.member(0).app.manage('GET', `/keys/${keyId}`, undefined, asAdmin);
    if (status !== 200) found.push(`the key ${keyId} was made and is answered with ${status}`);
  }
  return found;
}
