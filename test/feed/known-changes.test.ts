import { ChangeListeners } from '../../lib/feed/change-listeners.js';
import { KnownChanges } from '../../lib/feed/known-changes.js';
import { RecentVersions } from '../../lib/feed/recent-versions.js';
import type { FeedChange } from '../../lib/store/index.js';

let forgotten: string[];
let notified: string[];
let changes: KnownChanges;

/** The revocation of a token of the key `k`, which leaves the key's version as it is. */
const tokenRevoked = (sequence: number, hash = `hash ${sequence}`): FeedChange => ({
  ...{ sequence, hash, keyId: 'k', keyVersion: 1, action: 'token.revoked' },
});
const applyOwn = (change: FeedChange): void => changes.applyOwn(change, change);

beforeEach(() => {
  forgotten = [];
  notified = [];
  const listeners = new ChangeListeners(console);
  listeners.add('k', (change) => notified.push(change?.action ?? 'anything'));
  const caches = {
    forget: (id: string) => void forgotten.push(id),
    forgetOwner: (ownerId: string) => void forgotten.push(`owner ${ownerId}`),
    forgetAll: () => void forgotten.push('*'),
  };
  changes = new KnownChanges(new RecentVersions(10), caches, listeners);
  changes.restart([]);
  forgotten.length = 0;
});

describe('KnownChanges', () => {
  it('P1: drops what is cached with each event of the feed, and notifies of each event once', () => {
    applyOwn(tokenRevoked(2));
    expect([forgotten.length, notified.length]).toEqual([1, 1]);
    // Of another process, for another token of the same version of the key.
    changes.apply(tokenRevoked(1));
    expect([forgotten.length, notified.length]).toEqual([2, 2]);
    changes.apply(tokenRevoked(2));
    expect([forgotten.length, notified.length]).toEqual([3, 2]);
    changes.apply(tokenRevoked(3));
    expect([forgotten.length, notified.length]).toEqual([4, 3]);
  });

  it('P1: notifies once also when the feed brings a change before its command has announced it', () => {
    changes.apply(tokenRevoked(1));
    applyOwn(tokenRevoked(1));
    expect([forgotten.length, notified.length]).toEqual([2, 1]);
    changes.apply(tokenRevoked(2));
    expect(notified).toHaveLength(2);
  });

  it('P1: takes an event for its own only by number and hash: after a failover others have the same numbers', () => {
    changes.apply(tokenRevoked(1));
    applyOwn(tokenRevoked(2, 'a hash of a history that was lost'));
    changes.apply(tokenRevoked(2));
    expect([forgotten.length, notified.length]).toEqual([3, 3]);
    applyOwn(tokenRevoked(2, 'another one'));
    expect(notified).toHaveLength(4);
  });

  it('forgets what is personal of an erased owner once, also where the feed begins anew', () => {
    const erased = (sequence: number, hash = `hash ${sequence}`): FeedChange => ({
      ...{ sequence, hash, keyId: null, ownerId: 'alice', ownerVersion: sequence },
      action: 'owner.erased',
    });
    const personal: [sequence: unknown, isFromBeforeStart: boolean | undefined][] = [];
    const following = new KnownChanges(
      new RecentVersions(10),
      { forget: () => undefined, forgetOwner: () => undefined, forgetAll: () => undefined },
      new ChangeListeners(console),
      {
        forget: (change, isFromBeforeStart) => {
          personal.push(['sequence' in change ? change.sequence : null, isFromBeforeStart]);
          return null;
        },
        forgetAll: () => null,
      },
    );
    following.restart([erased(1)]);
    following.apply(erased(2));
    following.restart([erased(1), erased(2), erased(3)]);
    expect(personal).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ]);
    // After a failover another one has the number.
    following.restart([erased(1), erased(2), erased(3, 'of another history')]);
    expect(personal).toHaveLength(4);
  });
});
