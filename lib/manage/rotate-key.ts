import type { ApiKeyRecord } from '../domain/api-key.js';
import { credentialHasEnded, type SecretCredential } from '../domain/credential.js';
import { parseGracePeriodSeconds } from '../domain/key-fields.js';
import { stateOf } from '../domain/key-state.js';
import { ApiKeysError } from '../errors.js';
import { assertAtOrBelow, authorityOf, findIn, findVisible } from './authority.js';
import { auditEntry } from './audit-entry.js';
import { confirmChange } from './confirm-change.js';
import type { Changed, ChangeContext, ExpectedVersion, KeyInput, WithToken } from './key-service.js';
import type { ManagePorts } from './manage-ports.js';
import { mintSecret } from './mint-secret.js';
import { assertExpectedVersion, assertNotRevoked, nextVersion } from './next-version.js';
import { readFields } from './read-fields.js';

/** How many ended credentials are kept, so that who still uses one can be told that it was rotated. */
const keptEndedCredentials = 4;
/** How many old secrets can be in their grace period at once; the oldest ends when there is one more. */
const maxRetiringCredentials = 2;

/**
 * Gives a key a new secret; id, counters and history stay. The old secret ends at once, or when the grace period is
 * over, which is never later than the key's own expiry. Of several rotations at once one wins, because each must find
 * the credential that it saw before it drew its secret.
 */
export async function rotateKey(
  ports: ManagePorts,
  context: ChangeContext,
  id: string,
  input: KeyInput,
  expected: ExpectedVersion,
): Promise<Changed & WithToken> {
  const now = ports.clock.now();
  const { gracePeriodSeconds = 0 } = readFields<{ gracePeriodSeconds: number }>(
    input,
    { gracePeriodSeconds: parseGracePeriodSeconds },
    [],
  );

  const seen = await findRotatable(ports, context, findIn(ports.store), id, expected, now);
  const minted = await mintSecret(ports, seen.id, seen.environment, now);

  const committed = await ports.store.transact(async (transaction) => {
    const current = await findRotatable(ports, context, findIn(transaction), id, expected, now);
    if (current.credentials[0]?.id !== seen.credentials[0]?.id) {
      throw new ApiKeysError('conflict', {
        detail: 'Another rotation of this API key was faster. Use its secret, or rotate again.',
      });
    }
    const retired = withinLimit(
      current.credentials.map((credential) => retire(credential, gracePeriodSeconds, current.expiresAt, now)),
      now,
    );
    const next = nextVersion(
      current,
      { hint: minted.hint, credentials: [minted.credential, ...withoutOldest(retired, now)] },
      now,
    );
    await transaction.update(next, auditEntry(context, 'key.rotated', next, ['credentials']));
    return { record: next, action: 'key.rotated', position: transaction.position } as const;
  });
  return { ...(await confirmChange(ports, committed, now)), token: minted.token };
}

async function findRotatable(
  ports: ManagePorts,
  context: ChangeContext,
  find: ReturnType<typeof findIn>,
  id: string,
  expected: ExpectedVersion,
  now: number,
): Promise<ApiKeyRecord> {
  const authority = await authorityOf(context, find, now);
  const record = await findVisible(find, id, authority.ownerId);
  assertAtOrBelow(authority, record);
  assertExpectedVersion(record, expected);
  assertNotRevoked(record);
  if (!ports.keyspace.environments.includes(record.environment)) {
    throw new ApiKeysError('conflict', {
      detail: `This API key belongs to the environment ${record.environment}, which is not configured here.`,
    });
  }
  if (stateOf(record, now) === 'expired') {
    throw new ApiKeysError('conflict', {
      detail: 'This API key has expired. Extend expiresAt before rotating it.',
    });
  }
  return record;
}

/** An end that was set before is only ever brought forward. An immediate end asks no clock. */
function retire(
  credential: SecretCredential,
  gracePeriodSeconds: number,
  keyExpiresAt: number | null,
  now: number,
): SecretCredential {
  if (credentialHasEnded(credential, now)) {
    return { ...credential, endedAt: credential.endedAt ?? now, endsAt: null };
  }
  if (gracePeriodSeconds === 0) return { ...credential, endedAt: now, endsAt: null };
  const end = now + gracePeriodSeconds * 1000;
  const limits = [credential.endsAt, keyExpiresAt].filter((limit) => limit !== null);
  return { ...credential, endsAt: Math.min(end, ...limits) };
}

/** Every secret that lives on is one more to check and one more to lose: repeated rotation must not gather them. */
function withinLimit(credentials: readonly SecretCredential[], now: number): readonly SecretCredential[] {
  const living = credentials.filter((credential) => !credentialHasEnded(credential, now));
  const surplus = new Set(living.slice(maxRetiringCredentials));
  return credentials.map((credential) =>
    surplus.has(credential) ? { ...credential, endedAt: now, endsAt: null } : credential,
  );
}

function withoutOldest(credentials: readonly SecretCredential[], now: number): readonly SecretCredential[] {
  const ended = credentials.filter((credential) => credentialHasEnded(credential, now));
  const dropped = new Set(ended.slice(keptEndedCredentials));
  return credentials.filter((credential) => !dropped.has(credential));
}
