import { hasCredentialEnded } from '../../lib/domain/credential.js';
import { getKeyState } from '../../lib/domain/key-state.js';

const active = { revokedAt: null, enabled: true, expiresAt: null };

describe('getKeyState', () => {
  it.each([
    [active, 'active'],
    [{ ...active, expiresAt: 1_000 }, 'active', 999],
    [{ ...active, expiresAt: 1_000 }, 'expired', 1_000],
    [{ ...active, expiresAt: 1_000 }, 'expired', 1_001],
    [{ ...active, enabled: false }, 'disabled'],
    [{ ...active, enabled: false, expiresAt: 1 }, 'disabled', 2],
    [{ ...active, revokedAt: 5 }, 'revoked', 4],
    [{ revokedAt: 5, enabled: false, expiresAt: 1 }, 'revoked', 9],
    [{ ...active, expiresAt: Date.UTC(9999, 0, 1) }, 'active', 2 ** 31 + 1],
  ])('of %j is %s (at %s)', (key, state, now = 500) => {
    const living = { createdAt: 0, activatedAt: 0, lastUsedAt: null, maxIdleDays: null };
    expect(getKeyState({ ...living, ...key }, now)).toBe(state);
  });
});

describe('hasCredentialEnded', () => {
  it.each([
    [{ endedAt: null, endsAt: null }, 10, false],
    [{ endedAt: null, endsAt: 10 }, 9, false],
    [{ endedAt: null, endsAt: 10 }, 10, true],
    // An end that was set by a change asks no clock: a slow clock must not bring a rotated secret back.
    [{ endedAt: 10, endsAt: null }, 0, true],
  ])('%j at %d: %s', (credential, now, expected) => {
    expect(hasCredentialEnded(credential, now)).toBe(expected);
  });
});
