import { buildCopy, type Replacement } from '../harness/built-copy.js';
import { noteExcused } from '../harness/machine-watch.js';
import { startFleet } from './fleet.js';
import { ignoredAncestors } from './ignored-ancestors.js';
import {
  cutOffBeyondLease,
  fillsAfterChange,
  laterNumberFirst,
  makeUnlockedNumbers,
  ownerChangedWithCopies,
  parentChangedWithCopies,
  parentRevokedBetweenReadAndFill,
  revokedAmongRepetitions,
  revokedBetweenReadAndFill,
  revokedWhileQuiet,
  revokedWithHeldTokens,
  startsOnOldEntries,
  type Schedule,
} from './schedules.js';
import { starvedFactor } from './was-machine-slow.js';

jest.setTimeout(400_000);

/** A protection that is taken out, and the schedule that needs it. */
interface Sabotage {
  readonly schedule: Schedule;
  readonly replacements: readonly Replacement[];
  readonly processes: number;
  readonly prepare?: typeof makeUnlockedNumbers;
  /** What the harness has to say. */
  readonly finding: RegExp;
}

const sabotages: Record<string, Sabotage> = {
  'numbers of changes are given without the lock': {
    schedule: laterNumberFirst,
    processes: 3,
    prepare: makeUnlockedNumbers,
    replacements: [
      {
        file: 'lib/sql/server-history.ts',
        from: '      .forUpdate()\n',
        to: "      .clearSelect().select([sql`nextval('api_keys.unlocked')::integer - 1`.as('sequence'), 'hash', 'history', 'history_since', present.as('continued'), postgresTime.as('now')])\n",
      },
      // A follower that misses a number starts again, whatever the reason.
      {
        file: 'lib/sql/queries/feed-queries.ts',
        from: 'following.sequence === sequence + 1',
        to: 'following.sequence > sequence',
      },
      // The process that made the change knows that it has not applied it.
      {
        file: 'lib/feed/following.ts',
        from: 'versions.knows({ sequence, hash })',
        to: 'hash.length > 0',
      },
    ],
    finding: /was let in/,
  },
  'the lease never ends': {
    schedule: cutOffBeyondLease,
    processes: 2,
    replacements: [
      {
        file: 'lib/feed/lease.ts',
        from: 'performance.now() - this.#from.monotonic < this.lengthMs && wallNow - this.#from.wall < this.lengthMs',
        to: 'wallNow > this.#from.wall',
      },
    ],
    finding: /was let in/,
  },
  'a reading under way is not detached by a change': {
    schedule: revokedBetweenReadAndFill,
    processes: 2,
    replacements: [
      {
        file: 'lib/verify/single-flight.ts',
        from: '    inFlight.isDetached = true;\n    this.#inFlight.delete(keyId);',
        to: '',
      },
    ],
    finding: /was let in/,
  },
  'the last changes are not loaded at the start': {
    schedule: startsOnOldEntries,
    processes: 2,
    replacements: [
      {
        file: 'lib/feed/recent-versions.ts',
        from: '      this.record(change, change.sequence);\n',
        to: '',
      },
    ],
    finding: /was let in/,
  },
  "the version of its owner is ignored on a key's cached copy": {
    schedule: ownerChangedWithCopies,
    processes: 2,
    replacements: [
      {
        file: 'lib/feed/recent-versions.ts',
        from: 'this.#has(formatOwnerName(key.ownerId), getOwnerVersion(key))',
        to: 'getOwnerVersion(key) >= 0',
      },
    ],
    finding: /was let in/,
  },
  'the versions of the keys above are ignored on cached copies of a key': {
    schedule: parentChangedWithCopies,
    processes: 2,
    replacements: ignoredAncestors,
    finding: /was let in/,
  },
  'a reading under way is not repeated after a change of a key above': {
    schedule: parentRevokedBetweenReadAndFill,
    processes: 2,
    replacements: [
      {
        file: 'lib/verify/find-key.ts',
        from: 'return ancestors.some(({ id, version }) => version < versions.versionOf(id));',
        to: 'return ancestors.length < 0;',
      },
    ],
    finding: /was let in/,
  },
  'an access token that was checked is believed whatever becomes of its key': {
    schedule: revokedWithHeldTokens,
    processes: 2,
    replacements: [
      {
        file: 'lib/tokens/verify-token.ts',
        from: 'since !== undefined && local?.holds(since, now) === true',
        to: 'since !== undefined && now > 0 && local !== null',
      },
    ],
    finding: /was let in/,
  },
  'an event of this process is recognised by its key and version, and a repeated revocation is announced': {
    schedule: revokedAmongRepetitions,
    processes: 2,
    replacements: [
      {
        file: 'lib/feed/known-changes.ts',
        from: '    this.#forget(change);\n    const notifiedOf',
        to: "    if (this.#notified.delete(`${Reflect.get(change, 'keyVersion')}@${change.keyId}` as never)) return;\n    this.#forget(change);\n    const notifiedOf",
      },
      {
        file: 'lib/feed/known-changes.ts',
        from: 'this.#notified.set(sequence, hash)',
        to: "this.#notified.set(`${Reflect.get(change, 'keyVersion')}@${change.keyId}` as never, hash)",
      },
      {
        file: 'lib/tokens/revoke-token.ts',
        from: 'isFirst ? change : null',
        to: 'isFirst || now > 0 ? change : null',
      },
    ],
    finding: /was let in/,
  },
  'the lease goes on in a quiet time': {
    schedule: revokedWhileQuiet,
    processes: 1,
    replacements: [
      {
        file: 'lib/feed/feed-follower.ts',
        from: '    this.#generation += 1;\n    this.#parts.lease.end();\n',
        to: '    this.#generation += 1;\n    this.#parts.lease.renew(this.#parts.lease.moment());\n',
      },
    ],
    finding: /was let in/,
  },
  'entries in Redis are written without comparing versions': {
    schedule: fillsAfterChange,
    processes: 2,
    replacements: [
      { file: 'lib/redis/scripts.ts', from: 'if not holdsNewer(name) then', to: 'if true then' },
    ],
    finding: /Redis held version 2, and then 1/,
  },
};

/** Some schedules need a change to be quicker than a stalled reading, which a busy machine does not always grant. */
const tries = 15;
const giveUpAfterMs = 300_000;
const settings = { place: 'PostgreSQL and Redis', environment: { LEASE_SECONDS: '2' } } as const;

it.each(Object.keys(sabotages))('is caught: %s', async (name) => {
  const { schedule, processes, replacements, prepare, finding } = sabotages[name] as Sabotage;
  const copy = buildCopy(replacements);
  try {
    let found: readonly string[] = [];
    const factors: number[] = [];
    const beganAt = performance.now();
    const isOver = (): boolean => factors.length === tries || performance.now() > beganAt + giveUpAfterMs;
    while (!finding.test(found.join('\n')) && !isOver()) {
      const triedAt = performance.now();
      const fleet = await startFleet({ ...settings, processes, copy });
      try {
        await prepare?.(fleet);
        found = await schedule(fleet);
        factors.push((await fleet.slowness()).factor(triedAt, performance.now()));
      } finally {
        await fleet.stop();
      }
    }
    if (
      !finding.test(found.join('\n')) &&
      factors.length > 0 &&
      factors.every((factor) => factor >= starvedFactor)
    ) {
      noteExcused(`found nothing in ${factors.length} tries, each of them on a starved machine`);
      return;
    }
    expect(found.join('\n')).toMatch(finding);
  } finally {
    copy.remove();
  }
});

it('finds nothing in the same schedules when nothing is sabotaged', async () => {
  const fleet = await startFleet({ ...settings, processes: 3 });
  try {
    for (const { schedule } of Object.values(sabotages)) expect(await schedule(fleet)).toEqual([]);
  } finally {
    await fleet.stop();
  }
});
