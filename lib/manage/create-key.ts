import { createKeyFieldDefaults, type SettableKeyFields } from '../domain/key-field-table.js';
import { getVisibleOwnerId, toAuditActor } from '../domain/actor.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { getLifetimeBounds } from '../domain/get-lifetime-bounds.js';
import { noAncestors } from '../domain/key-ancestor.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { KeyspacePolicy } from '../domain/keyspace-policy.js';
import { toOwnerStanding, type OwnerStanding } from '../domain/owner.js';
import type { Plan } from '../domain/plan.js';
import { narrowScopesToPlan } from '../domain/plan-bounds.js';
import type { PublicKey } from '../domain/public-key.js';
import { parseSigningMethod, type SigningMethod } from '../domain/signing-method.js';
import { InvalidFieldError, parseEnvironment, parseNewOwnerId } from '../domain/key-fields.js';
import { ApiKeysError } from '../errors.js';
import { getLimitBounds, resolveNewLimits } from './limit-authority.js';
import { applyPolicy } from './apply-policy.js';
import {
  assertAtOrBelow,
  assertMayGrant,
  resolveAuthority,
  createFinder,
  type Authority,
} from './authority.js';
import { assertMayGiveKey, assertMayGiveScopes, narrowToGrants } from './grant-authority.js';
import { createGrantQueuing } from './change-queuing.js';
import { createAuditEntry } from './audit-entry.js';
import type { Changed, ChangeContext, KeyInput, WithToken } from './change.js';
import type { ManagePorts } from './manage-ports.js';
import { readCommitPoint } from './confirm-change.js';
import { drawKeyId } from './draw-key-id.js';
import { createKeyFieldReaders } from './create-key-field-readers.js';
import { assertWithinPlan, isBoundByPlan } from './plan-authority.js';
import { mintCredential } from './mint-credential.js';
import { readPublicKey } from './read-public-key.js';
import { readFields } from './read-fields.js';
import { resolveNewEnd } from './end-of-key.js';
import { isMadeAsChild, resolveLineage } from './lineage-of-new-key.js';
import { claimNothing, type ClaimName } from './repeatable-changes.js';

type NewKeyFields = {
  readonly publicKey: PublicKey;
  readonly signing: SigningMethod;
} & Omit<SettableKeyFields, 'enabled'>;

/**
 * Creates a key. The slow hash is computed before the transaction, so that no other change waits for it. The store that is
 * passed in adds the MAC of the audit entry (`createSealingStoreProxy`).
 */
export async function createKey(
  ports: ManagePorts,
  context: ChangeContext,
  input: KeyInput,
  claim: ClaimName = claimNothing,
): Promise<Changed & WithToken> {
  const now = ports.clock.now();
  const { fields, isScopeless } = readNewKey(ports, context, input, now);
  const { policy, plans } = ports.keyspace;
  /** The scopes of a key whose owner has that plan; throws when the actor may not grant them. */
  const chooseGranted = (authority: Authority, plan: Plan): readonly string[] => {
    const scopes = isScopeless
      ? narrowDefaultScopes(ports.keyspace, context, fields.scopes, plan)
      : fields.scopes;
    assertMayGrant(context, authority, scopes);
    assertMayGiveScopes(ports, context, scopes);
    assertWithinPlan(context, ports.keyspace, plan, { ...fields, scopes });
    return scopes;
  };
  // Checked before the hash, which is expensive, and again in the transaction.
  const expected = await resolveAuthority(ports, context, 'create', createFinder(ports, ports.store), now);
  resolveLineage(context, expected, policy);
  chooseGranted(expected, plans.of(await findStanding(ports, context, fields.ownerId)));

  const id = await drawKeyId(ports);
  const environment = fields.environment ?? ports.keyspace.environment;
  const format = ports.keyspace.formatFor(environment);
  const { credential, token, hint } = await mintCredential(
    ports,
    format,
    { keyId: id, ownerId: fields.ownerId, environment, now },
    fields,
  );
  const { publicKey: _publicKey, signing: _signing, ...said } = fields;
  const unlimited: ApiKeyRecord = {
    ...createKeyFieldDefaults(),
    ...said,
    expiresAt: null,
    maxIdleDays: null,
    activatedAt: now,
    id,
    keyspace: ports.keyspace.name,
    number: null,
    environment,
    revokedAt: null,
    revocationReason: null,
    revocationComment: null,
    rateLimits: [],
    hasCredits: false,
    credits: null,
    hint,
    version: 1,
    createdAt: now,
    createdBy: toAuditActor(context.actor),
    updatedAt: now,
    lastUsedAt: null,
    useCount: 0,
    lastUsedAddress: null,
    parentId: null,
    ancestors: noAncestors,
    owner: null,
    credentials: [credential],
  };

  const { record, superseded, position, point } = await ports.store.transact(async (transaction) => {
    await claim(transaction, id);
    // The actor may have lost its rights while the hash was computed.
    const authority = await resolveAuthority(ports, context, 'create', createFinder(ports, transaction), now);
    const owner = toOwnerStanding(await transaction.findOwner(unlimited.ownerId));
    const plan = plans.of(owner);
    const scopes = chooseGranted(authority, plan);
    const bounds = getLimitBounds(context, authority, plan.keyCeilings, isMadeAsChild(context, policy));
    const limits = resolveNewLimits(bounds, fields, policy.defaultRateLimits, now);
    const { maxLifetimeDays, maxIdleDays } = getLifetimeBounds(ports.keyspace, owner);
    const planned = resolveNewEnd(fields.expiresAt, now, { maxLifetimeDays });
    const wanted: ApiKeyRecord = {
      ...unlimited,
      scopes,
      owner,
      ...limits,
      ...resolveLineage(context, authority, policy),
      expiresAt: fields.expiresAt === undefined ? endBy(planned, authority) : planned,
      maxIdleDays,
    };
    assertAtOrBelow(authority, wanted, wanted);
    assertMayGiveKey(ports, context, wanted, now);
    const ownPolicy = getOwnPolicy(ports.keyspace, plan);
    const admitted = await applyPolicy(transaction, context, authority, ownPolicy, wanted);
    await transaction.insert(admitted.record, createAuditEntry(context, 'key.created', admitted.record, []));
    return {
      ...admitted,
      position: transaction.position,
      // When nothing was revoked, no confirmation is needed.
      point: admitted.superseded.length === 0 ? null : await readCommitPoint(transaction),
    };
  }, createGrantQueuing(fields.ownerId));
  ports.changes.announce([...superseded, { record, action: 'key.created', position }], now);
  const effectiveBy = point === null ? null : await ports.changes.confirm(point);
  return { record, token, effectiveBy };
}

/** A key that is made with an access token, and without an end, ends with that token. */
function endBy(expiresAt: number | null, { defaultEnd }: Authority): number | null {
  return defaultEnd === null ? expiresAt : Math.min(expiresAt ?? Infinity, defaultEnd);
}

/** Reads what decides about the plan, for actors that are bound by it. */
async function findStanding(
  { store }: Pick<ManagePorts, 'store'>,
  context: ChangeContext,
  ownerId: string,
): Promise<OwnerStanding | null> {
  return isBoundByPlan(context) ? toOwnerStanding(await store.owners.find(ownerId)) : null;
}

/** Scopes that nobody named are narrowed to the plan instead of refused. */
function narrowDefaultScopes(
  { hasAppScopes, catalogue }: Keyspace,
  context: ChangeContext,
  scopes: readonly string[],
  plan: Plan,
): readonly string[] {
  if (!hasAppScopes || !isBoundByPlan(context)) return scopes;
  return narrowScopesToPlan(scopes, plan.scopes, catalogue);
}

/** The plan of the owner says how many keys there can be, in the keyspace of the app. */
function getOwnPolicy({ isNative, policy }: Keyspace, { maxKeys }: Plan): KeyspacePolicy {
  return isNative ? { ...policy, maxKeysPerOwner: policy.onePerOwner ? null : maxKeys } : policy;
}

/** The message for owners and keys that name an owner, including themselves. */
export const ownerIdIsForAdmins = 'is only for admins to name; leave it out, the key is yours';

function refuseOwnerId(): never {
  throw new InvalidFieldError(ownerIdIsForAdmins);
}

/**
 * The owner comes from the actor; only admins and the app's own code name one. Omitted scopes mean what the policy says, within
 * the grants of the actor.
 */
function readNewKey(
  { keyspace }: ManagePorts,
  context: ChangeContext,
  input: KeyInput,
  now: number,
): {
  readonly fields: Partial<NewKeyFields> & Pick<NewKeyFields, 'name' | 'scopes' | 'ownerId'>;
  /** Whether no scopes were named. */
  readonly isScopeless: boolean;
} {
  const { omittedScopes } = keyspace.policy;
  const seenOwner = getVisibleOwnerId(context.actor);
  const required: ('name' | 'scopes' | 'ownerId')[] = ['name'];
  if (omittedScopes === null) required.push('scopes');
  if (seenOwner === null) required.push('ownerId');
  else readFields({ ownerId: seenOwner }, { ownerId: parseNewOwnerId }, ['ownerId']);
  const fields: Partial<NewKeyFields> = readFields<NewKeyFields, 'name' | 'scopes' | 'ownerId'>(
    input,
    {
      ...createKeyFieldReaders(keyspace, now),
      publicKey: readPublicKey,
      signing: parseSigningMethod,
      environment: (value) => parseEnvironment(value, keyspace.environments),
      ownerId: seenOwner === null ? parseNewOwnerId : refuseOwnerId,
    },
    required,
  );
  if (fields.publicKey !== undefined && fields.signing !== undefined) {
    throw new ApiKeysError('conflict', {
      detail: 'A key with a public key has no secret that could sign. Leave signing out.',
    });
  }
  const omitted = omittedScopes === null ? null : narrowToGrants(context, keyspace, omittedScopes);
  const { name, scopes = omitted } = fields;
  const ownerId = seenOwner ?? fields.ownerId;
  if (name === undefined || scopes === null || ownerId === undefined) {
    throw new TypeError('What a new key needs was required and is missing');
  }
  return { fields: { ...fields, name, scopes, ownerId }, isScopeless: fields.scopes === undefined };
}
