import type { ApiKeyRecord } from '../domain/api-key.js';
import type { KeyFormat } from '../domain/key-format.js';
import { parseGracePeriodSeconds } from '../domain/key-fields.js';
import { parseGraceStartsOnFirstUse } from '../domain/rotation-fields.js';
import type { PublicKey } from '../domain/public-key.js';
import { getSigningKind } from '../domain/shown-public-key.js';
import { isIdle } from '../domain/key-lifetime.js';
import { hasExpired } from '../domain/key-state.js';
import { findInactiveAncestor } from '../domain/inactive-ancestor.js';
import { ApiKeysError } from '../errors.js';
import {
  assertAtOrBelow,
  assertMayReplaceSecrets,
  resolveAuthority,
  createFinder,
  findVisible,
  isBelowActor,
  type Authority,
} from './authority.js';
import { createNarrowingQueuing } from './change-queuing.js';
import { createAuditEntry } from './audit-entry.js';
import { readCommitPoint, confirmChange } from './confirm-change.js';
import type { Changed, ChangeContext, ExpectedVersion, KeyInput, WithToken } from './change.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayGiveKey } from './grant-authority.js';
import { mintCredential, type WantedCredential } from './mint-credential.js';
import { assertExpectedVersion, assertNotRevoked, createNextVersion } from './next-version.js';
import { readPublicKey } from './read-public-key.js';
import { assertRoleOfHolder } from './role-authority.js';
import { readFields } from './read-fields.js';
import { claimNothing, type ClaimName } from './repeatable-changes.js';
import { retireSecrets, type Grace } from './retire-secrets.js';

/**
 * Replaces the secret of a key; id, counters and history stay. The old secret becomes invalid immediately, or after the grace
 * period, which never ends later than the key expires; the period starts now, or with the first use of the new secret. Of
 * several concurrent rotations one wins, because each must find the credential that it saw before it drew its secret.
 */
export async function rotateKey(
  ports: ManagePorts,
  context: ChangeContext,
  id: string,
  input: KeyInput,
  expected: ExpectedVersion,
  claim: ClaimName = claimNothing,
): Promise<Changed & WithToken> {
  const now = ports.clock.now();
  const { grace, publicKey } = readRotation(input);

  const seen = await findRotatable(ports, context, createFinder(ports, ports.store), id, expected, now);
  const format = getFormat(ports, seen);
  const wanted = chooseReplacement(seen, publicKey);
  const minted = await mintCredential(
    ports,
    format,
    { keyId: seen.id, ownerId: seen.ownerId, environment: seen.environment, now },
    wanted,
  );

  const committed = await ports.store.transact(async (transaction) => {
    await claim(transaction, id);
    const current = await findRotatable(ports, context, createFinder(ports, transaction), id, expected, now);
    if (current.credentials[0]?.id !== seen.credentials[0]?.id) {
      throw new ApiKeysError('conflict', {
        detail: 'Another rotation of this API key was faster. Use its secret, or rotate again.',
      });
    }
    // A secret that was refused already must not work again.
    const applied = isIdle(current, now) ? noGrace : grace;
    const credential = {
      ...minted.credential,
      graceFromFirstUseSeconds: applied.startsOnFirstUse ? applied.periodSeconds : null,
    };
    const credentials = [credential, ...retireSecrets(current, applied, now)];
    const next = createNextVersion(current, { hint: minted.hint, credentials, activatedAt: now }, now);
    await transaction.update(next, createAuditEntry(context, 'key.rotated', next, ['credentials']));
    const { position } = transaction;
    const written = { record: next, action: 'key.rotated', position } as const;
    return { record: next, written, point: await readCommitPoint(transaction) };
  }, createNarrowingQueuing(context));
  return { ...(await confirmChange(ports, committed, now)), token: minted.token };
}

/** @throws ApiKeysError `conflict` for a key whose keyspace or environment is not configured in this instance */
function getFormat({ keyspaces }: ManagePorts, { keyspace, environment }: ApiKeyRecord): KeyFormat {
  const home = keyspaces.get(keyspace);
  if (home?.environments.includes(environment) === true) return home.formatFor(environment);
  const what = home === undefined ? `keyspace ${keyspace}` : `environment ${environment}`;
  throw new ApiKeysError('conflict', {
    detail: `This API key belongs to the ${what}, which is not configured here.`,
  });
}

const noGrace: Grace = { periodSeconds: 0, startsOnFirstUse: false };

interface Rotation {
  readonly grace: Grace;
  readonly publicKey: PublicKey | undefined;
}

function readRotation(input: KeyInput): Rotation {
  const {
    gracePeriodSeconds = 0,
    graceStartsOnFirstUse = false,
    publicKey,
  } = readFields<{
    gracePeriodSeconds: number;
    graceStartsOnFirstUse: boolean;
    publicKey: PublicKey;
  }>(
    input,
    {
      gracePeriodSeconds: parseGracePeriodSeconds,
      graceStartsOnFirstUse: parseGraceStartsOnFirstUse,
      publicKey: readPublicKey,
    },
    [],
  );
  const grace = { periodSeconds: gracePeriodSeconds, startsOnFirstUse: graceStartsOnFirstUse };
  return { grace, publicKey };
}

/** A rotation keeps the type of the credential: the right to rotate must not include changing how a key is authenticated. */
function chooseReplacement(record: ApiKeyRecord, publicKey: PublicKey | undefined): WantedCredential {
  const signing = getSigningKind(record);
  if ((signing === 'public-key') !== (publicKey !== undefined)) {
    throw new ApiKeysError('conflict', {
      detail:
        publicKey === undefined
          ? 'This API key has a public key and no secret. Send the next one as publicKey.'
          : 'This API key has a secret, and gets another one. Leave publicKey out.',
    });
  }
  return { publicKey, signing: signing === 'hmac' ? signing : undefined };
}

/**
 * Balances change with every request, so they cannot be compared between keys: with the secret of another key, a key could
 * spend that key's credits. Keys below it pay with its own as well.
 */
function assertMayHaveSecret(authority: Authority, record: ApiKeyRecord): void {
  const { actingKey } = authority;
  if (actingKey === null || !actingKey.hasCredits || actingKey.id === record.id) return;
  if (isBelowActor(authority, record)) return;
  throw new ApiKeysError('forbidden', {
    detail: 'An API key that pays with credits may rotate only itself and the API keys below it.',
  });
}

/**
 * A secret that is refused because of a key above must not be given out as a new one. As with the key itself, one above that is
 * only disabled or idle may come back.
 *
 * @throws ApiKeysError `conflict`
 */
function assertMayWorkAgain(record: ApiKeyRecord, now: number): void {
  const above = findInactiveAncestor(record, now);
  if (above === null || above.state === 'disabled') return;
  const advice =
    above.state === 'expired'
      ? 'Extend its expiresAt before rotating this one.'
      : 'No secret of this one would be accepted: create another API key.';
  throw new ApiKeysError('conflict', {
    detail: `The API key above this one, ${above.id}, is ${above.state}. ${advice}`,
  });
}

async function findRotatable(
  ports: ManagePorts,
  context: ChangeContext,
  find: ReturnType<typeof createFinder>,
  id: string,
  expected: ExpectedVersion,
  now: number,
): Promise<ApiKeyRecord> {
  const authority = await resolveAuthority(ports, context, 'rotate', find, now);
  const record = await findVisible(find, id, authority.ownerId);
  assertMayReplaceSecrets(authority, record);
  assertAtOrBelow(authority, record);
  assertRoleOfHolder(ports, context, record);
  assertMayHaveSecret(authority, record);
  assertMayGiveKey(ports, context, record, now);
  assertExpectedVersion(record, expected);
  assertNotRevoked(record);
  assertMayWorkAgain(record, now);
  // A key that is only idle is made usable again by another secret.
  if (record.enabled && hasExpired(record, now)) {
    throw new ApiKeysError('conflict', {
      detail: 'This API key has expired. Extend expiresAt before rotating it.',
    });
  }
  return record;
}
