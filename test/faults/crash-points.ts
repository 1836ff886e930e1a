import { isSecret } from '../../lib/domain/credential.js';
import type { ApiKeyRecord } from '../../lib/domain/api-key.js';
import type { AuditEntry } from '../../lib/domain/audit-entry.js';
import { allEvents, openStore } from './all-events.js';
import { checkAuditTrail } from './audit-checker.js';
import type { Fleet, Member } from './fleet.js';
import { checkHistory } from './history-checker.js';
import { HistoryRecorder } from './history-recorder.js';
import { insist } from './insist.js';
import { makeTestedKey } from './make-tested-key.js';
import { TestedKey } from './tested-key.js';

/** What came of killing a process in the middle of six changes. */
export interface CrashReport {
  /** Changes that were carried out without an answer, or answered. */
  readonly committed: number;
  /** Changes of which nothing is left. */
  readonly undone: number;
  readonly violations: readonly string[];
}

/**
 * Lets a process create, rotate, revoke and narrow keys, suspend an owner and change the plan of another at once and kills it when `crash` resolves. Another process then
 * says what is left: each change has happened or has not, nothing is half done, and repeating it is safe.
 */
export async function crashDuringChanges(
  fleet: Fleet,
  victim: Member,
  crash: () => Promise<void>,
): Promise<CrashReport> {
  const recorder = new HistoryRecorder();
  const survivor = fleet.member(0);
  const keys = [
    await makeTestedKey(recorder, survivor),
    await makeTestedKey(recorder, survivor),
    await makeTestedKey(recorder, survivor),
  ] as const;
  const [rotated, revoked, narrowed] = keys;
  const suspended = await makeTestedKey(recorder, survivor);
  const demoted = await makeTestedKey(recorder, survivor);
  const all = [...keys, suspended, demoted];
  for (const key of all) for (const usable of key.everything()) await key.use(usable, survivor);

  await recorder.disturb('killed', victim.name, async () => {
    const crashed = crash();
    const changes = [
      TestedKey.create(recorder, victim),
      rotated.rotate(victim),
      revoked.revoke(victim),
      narrowed.narrow(victim),
      suspended.suspend(victim),
      demoted.demote(victim),
    ];
    await crashed;
    await fleet.kill(victim);
    await Promise.all(changes);
  });

  const store = openStore(fleet.databaseUrl);
  await store.open();
  const found = await store.list({ now: Date.now(), limit: all.length + 1 });
  const violations: string[] = [];
  for (const record of found)
    violations.push(...halfDone(record, await store.listEvents({ keyId: record.id, limit: 9 })));
  const areOwnersChanged: boolean[] = [];
  for (const [{ ownerId }, action] of [
    [suspended, 'owner.suspended'],
    [demoted, 'owner.updated'],
  ] as const) {
    const owner = await store.owners.find(ownerId);
    const changes = await store.listEvents({ ownerId, action, limit: 9 });
    if ((owner?.version ?? 0) !== changes.length)
      violations.push(`the owner is at version ${owner?.version} after ${changes.length} times ${action}`);
    areOwnersChanged.push(owner !== null);
  }
  await store.close();
  const versions = keys.map(({ id }) => found.find((record) => record.id === id)?.version);
  if (versions.some((version) => version !== 1 && version !== 2)) {
    violations.push(`versions ${versions.join()}`);
  }

  for (const key of all) for (const usable of key.everything()) await key.use(usable, survivor);
  const repeated = [
    insist(() => rotated.rotate(survivor)),
    insist(() => revoked.revoke(survivor)),
    insist(() => narrowed.narrow(survivor)),
    insist(() => suspended.suspend(survivor)),
    insist(() => demoted.demote(survivor)),
  ];
  for (const change of repeated) {
    const { status } = await change;
    if (status !== 200 && status !== 202) violations.push(`a repeated change was answered with ${status}`);
  }
  for (const key of all) for (const usable of key.everything()) await key.use(usable, survivor);

  violations.push(...checkAuditTrail(await allEvents(fleet), recorder.operations));
  violations.push(...checkHistory(recorder.history, await fleet.slowness()));
  const made = [...versions.map((version) => version === 2), ...areOwnersChanged];
  const committed = made.filter(Boolean).length;
  return { committed, undone: made.length - committed, violations };
}

/** Compares a key with its events: both or neither tell of a change, and its credentials are complete. */
function halfDone(record: ApiKeyRecord, events: readonly AuditEntry[]): readonly string[] {
  const { id, version, credentials, revokedAt, scopes } = record;
  const happened = (action: AuditEntry['action']): boolean => events.some((event) => event.action === action);
  const living = credentials.filter(({ endedAt }) => endedAt === null);
  const checks: Record<string, boolean> = {
    'as many versions as events': version === events.length,
    'the event of its creation': happened('key.created'),
    'one credential that has not ended': living.length === 1,
    'a digest for each credential': credentials
      .filter(isSecret)
      .every(({ digests }) => Object.keys(digests).length === 1),
    'a second credential if it was rotated': happened('key.rotated') === (credentials.length === 2),
    'an end if it was revoked': happened('key.revoked') === (revokedAt !== null),
    'one scope less if it was narrowed': happened('key.updated') === (scopes.length === 1),
  };
  return Object.keys(checks)
    .filter((name) => checks[name] !== true)
    .map((name) => `the key ${id} lacks ${name}`);
}
