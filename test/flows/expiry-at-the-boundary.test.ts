import { createInstance } from '../harness/instance.js';

jest.setTimeout(180_000);

const start = Date.UTC(2026, 5, 1);
const farAway = Date.UTC(9999, 11, 31);

/** Offset of now to the expiry of the key, and whether it is accepted: valid if and only if now < expiresAt. */
const rows: readonly (readonly [what: string, lifetimeMs: number, nowToEndMs: number, isAllowed: boolean])[] =
  [
    ['a second before the end', 60_000, -1_000, true],
    ['a millisecond before the end', 60_000, -1, true],
    ['at the end', 60_000, 0, false],
    ['a millisecond after the end', 60_000, 1, false],
    ['a day after the end', 60_000, 86_400_000, false],
    ['a lifetime of one millisecond, at its beginning', 1, -1, true],
    ['a lifetime of one millisecond, at its end', 1, 0, false],
    ['the end is further away than any timer', 2 ** 31 + 1, -(2 ** 31), true],
    ['the same, a millisecond before the end', 2 ** 31 + 1, -1, true],
    ['the same, at the end', 2 ** 31 + 1, 0, false],
    ['the last year, at the beginning', farAway - start, start - farAway, true],
    ['the last year, at the end', farAway - start, 0, false],
  ];

describe('R41 the end of a key', () => {
  it.each(rows)('R41 %s (lifetime %d ms, now at %d ms): %s', async (_what, lifetimeMs, offset, isAllowed) => {
    for (const cache of [undefined, false] as const) {
      const instance = createInstance(cache === undefined ? {} : { cache });
      const { keys } = instance.apiKeys;
      await instance.apiKeys.ready();
      const expiresAt = instance.clock.now() + lifetimeMs;
      const { token } = await instance.key({ expiresAt: new Date(expiresAt) });
      // Held and proven before, where keys are held: what counts is the moment of the request.
      for (let times = 0; times < 2; times += 1)
        expect(await keys.verify({ key: token })).toMatchObject({ allowed: true });
      instance.clock.advance(expiresAt + offset - instance.clock.now());
      const verdict = await keys.verify({ key: token });
      expect(verdict).toMatchObject(isAllowed ? { allowed: true } : { allowed: false, code: 'key_expired' });
      await instance.apiKeys.close();
    }
  });
});
