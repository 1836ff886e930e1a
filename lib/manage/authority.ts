import type { KeyOperation } from '../domain/actor-role.js';
import { getVisibleOwnerId } from '../domain/actor.js';
import { compileAllowlist, isAllowlistWithin } from '../domain/address.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { isKeyId } from '../domain/key-format.js';
import { getExpiresAt } from '../domain/key-lifetime.js';
import { getKeyState } from '../domain/key-state.js';
import { listExceededBounds } from '../domain/owner-ceilings.js';
import type { FeatureCatalogue } from '../domain/feature-catalogue.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { expandWithinPlan } from '../domain/plan-bounds.js';
import { isBelowIdleKey, narrowToAncestors } from '../domain/narrow-to-ancestors.js';
import { noScopes, type ScopeCatalogue } from '../domain/scope-catalogue.js';
import { isWildcard } from '../domain/scope.js';
import { isOwnerSuspended } from '../domain/owner.js';
import { isResourceBindingWithin } from '../domain/resource-binding.js';
import { findCommonScopes } from '../domain/token-scope.js';
import { ApiKeysError } from '../errors.js';
import { readActingCredential } from './acting-credential.js';
import { anyScope } from '../domain/any-scope.js';
import type { ChangeContext } from './change.js';
import { assertRole } from './role-authority.js';

/** Reads one key, with the owner as part of the query. Both the store and a transaction have this. */
export type FindKey = (id: string, ownerId?: string) => Promise<ApiKeyRecord | null>;

/** Restricts the reads of a store or transaction: keys of other keyspaces are treated as nonexistent. */
export function createFinder(
  { onlyKeyspace }: Pick<AuthorityPorts, 'onlyKeyspace'>,
  source: { readonly find: FindKey },
): FindKey {
  if (onlyKeyspace === null) return (id, ownerId) => source.find(id, ownerId);
  return async (id, ownerId) => {
    const record = await source.find(id, ownerId);
    return record?.keyspace === onlyKeyspace ? record : null;
  };
}

/** The authority of an actor, from the current state of the store. */
export interface Authority {
  /** The only owner whose keys exist for the actor; `null`: all keys do. */
  readonly ownerId: string | null;
  /** The current state of the acting key, restricted to the rights of its credential; `null` for other actors. */
  readonly actingKey: ApiKeyRecord | null;
  /** That key as it is stored; `null` for other actors. */
  readonly storedKey: ApiKeyRecord | null;
  /** The end of a key that the actor makes without one, epoch milliseconds: that of its access token; `null`: none. */
  readonly defaultEnd: number | null;
  /** Whether this actor may rotate that key, or supersede it with another key. */
  readonly mayRotateItself: boolean;
  /** The scope catalogue of that key. */
  readonly catalogue: ScopeCatalogue;
  /** Its feature catalogue; `null` for other actors, and when its keyspace is unknown. */
  readonly features: FeatureCatalogue | null;
}

/** The authority of actors other than keys. @param ownerId - the only owner whose keys exist for them; `null` for all */
export function createAuthorityWithoutKey(ownerId: string | null): Authority {
  const noKey = { actingKey: null, storedKey: null, defaultEnd: null, features: null };
  return { ownerId, ...noKey, mayRotateItself: true, catalogue: noScopes };
}

/** The ports for resolving authority. */
export interface AuthorityPorts {
  /** The only keyspace whose keys are visible; `null`: all keyspaces. */
  readonly onlyKeyspace: string | null;
  readonly keyspaces: Pick<Keyspaces, 'catalogueOf' | 'get' | 'getPlanBounds'>;
}

/**
 * Resolves the authority of an actor for one operation. A key manages keys only where a management scope is configured and the key, in its
 * current state, holds it and is active.
 *
 * @throws ApiKeysError `forbidden` or `insufficient_scope`
 */
export async function resolveAuthority(
  { keyspaces }: Pick<AuthorityPorts, 'keyspaces'>,
  context: ChangeContext,
  operation: KeyOperation,
  find: FindKey,
  now: number,
): Promise<Authority> {
  assertRole(context, operation);
  const { actor, managementScope } = context;
  const ownerId = getVisibleOwnerId(actor);
  if (actor.kind !== 'key') return createAuthorityWithoutKey(ownerId);

  if (managementScope === null) {
    throw new ApiKeysError('forbidden', { detail: 'API keys may not manage API keys here.' });
  }
  const storedKey = await find(actor.apiKey.id, actor.apiKey.ownerId);
  const catalogue = keyspaces.catalogueOf(storedKey ?? { keyspace: '' });
  const actingKey = storedKey === null ? null : narrowToAncestors(storedKey, catalogue);
  if (actingKey === null || getKeyState(actingKey, now) !== 'active' || isBelowIdleKey(actingKey, now)) {
    throw new ApiKeysError('forbidden', { detail: 'The requesting API key is not active.' });
  }
  if (isOwnerSuspended(actingKey)) {
    throw new ApiKeysError('forbidden', { detail: 'The owner of the requesting API key is suspended.' });
  }
  const acting = readActingCredential(actor.apiKey, actingKey, context.tokensActAsKeys === true, now);
  if (acting === null) {
    throw new ApiKeysError('forbidden', {
      detail: 'The requesting secret or token has expired or was superseded.',
    });
  }
  const scopes =
    actor.apiKey.via === 'token'
      ? findCommonScopes(actor.apiKey.scopes, actingKey.scopes, catalogue)
      : actingKey.scopes;
  const usable = expandWithinPlan(scopes, keyspaces.getPlanBounds(actingKey), catalogue);
  if (managementScope !== anyScope && !usable.has(managementScope)) {
    throw createMissingScopesError([managementScope], [managementScope]);
  }
  // A token with fewer rights than its key does not get the key's other rights here either.
  const ipAllowlist = intersectAddresses(actingKey, catalogue.tokenTerms?.addressesOf(scopes) ?? null);
  const features = keyspaces.get(actingKey.keyspace)?.features ?? null;
  const expiresAt = takeEarlier(getExpiresAt(actingKey), acting.endsAt);
  return {
    ownerId,
    actingKey: { ...actingKey, scopes, ipAllowlist, expiresAt },
    storedKey,
    defaultEnd: acting.isOnlyToken ? expiresAt : null,
    mayRotateItself: acting.mayRotateItsKey,
    catalogue,
    features,
  };
}

function takeEarlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** The addresses from which both a key and its token can be used. */
function intersectAddresses(
  { ipAllowlist }: Pick<ApiKeyRecord, 'ipAllowlist'>,
  ofToken: readonly string[] | null,
): readonly string[] | null {
  if (ofToken === null || ipAllowlist === null) return ofToken ?? ipAllowlist;
  return ofToken.filter(compileAllowlist(ipAllowlist));
}

/**
 * Finds the key that a command operates on.
 *
 * @throws ApiKeysError `not_found`, the same for a key that does not exist and for one that the actor may not see
 */
export async function findVisible(find: FindKey, id: string, ownerId: string | null): Promise<ApiKeyRecord> {
  const record = isKeyId(id) ? await find(id, ownerId ?? undefined) : null;
  // Checked again: a custom store may ignore the condition.
  if (record === null || (ownerId !== null && record.ownerId !== ownerId)) throw createKeyNotFoundError();
  return record;
}

/** The same error for nonexistent keys and for keys of other owners. */
export function createKeyNotFoundError(): ApiKeysError {
  return new ApiKeysError('not_found', { detail: 'There is no such API key.' });
}

/**
 * Admins and the app's own code may grant any scope, owners the scopes of the catalogue, and a key the scopes that it holds
 * itself.
 *
 * @throws ApiKeysError `forbidden` or `insufficient_scope`
 */
export function assertMayGrant(
  context: ChangeContext,
  authority: Authority,
  scopes: readonly string[],
): void {
  if (authority.actingKey !== null) return refuseMissing(scopes, authority);
  if (context.actor.kind === 'owner' && scopes.some(isWildcard)) {
    throw new ApiKeysError('forbidden', {
      detail: 'Only an admin may grant wildcards; name the scopes one by one.',
    });
  }
}

/** Whether a key is below the acting key, so that it ends and is narrowed with it. */
export function isBelowActor({ actingKey }: Authority, { ancestors }: ApiKeyRecord): boolean {
  return actingKey !== null && ancestors.some(({ id }) => id === actingKey.id);
}

/**
 * A key manages only keys at or below itself: no scope, feature, expiry, address, resource, limit or environment beyond its
 * own. Of a key with a parent, what its ancestors leave counts. A key with a parent manages only itself and the keys below it:
 * with the secret of another one, it would outlive its parent.
 *
 * @param given - what is given to the key by a change: that counts as it is written
 * @throws ApiKeysError `insufficient_scope` or `forbidden`
 */
export function assertAtOrBelow(
  authority: Authority,
  stored: ApiKeyRecord,
  given: Partial<ApiKeyRecord> = {},
): void {
  const { actingKey, features } = authority;
  if (actingKey === null) return;
  if (actingKey.parentId !== null && stored.id !== actingKey.id && !isBelowActor(authority, stored)) {
    throw new ApiKeysError('forbidden', {
      detail: 'An API key that was made by another one manages only itself and the keys that it has made.',
    });
  }
  const record = { ...narrowToAncestors(stored, authority.catalogue), ...given };
  refuseMissing(record.scopes, authority);
  const isWithin =
    record.keyspace === actingKey.keyspace &&
    record.environment === actingKey.environment &&
    features?.isWithin(record.features, actingKey.features) === true &&
    (isBelowActor(authority, stored) || areLimitsWithin(record, actingKey)) &&
    isAllowlistWithin(record.ipAllowlist, actingKey.ipAllowlist) &&
    isResourceBindingWithin(record.resources, actingKey.resources);
  if (!isWithin) {
    throw new ApiKeysError('forbidden', {
      detail:
        'An API key manages only keys with its own environment and with features, addresses, resources, limits and credits within its own.',
    });
  }
  const { expiresAt: end } = actingKey;
  const recordEnd = getExpiresAt(record);
  if (end !== null && !(recordEnd !== null && recordEnd <= end)) {
    throw new ApiKeysError('forbidden', {
      detail: `The requesting credential expires at ${new Date(end).toISOString()}, and manages only keys whose expiresAt is no later.`,
    });
  }
}

/** Of a key that is not below the acting one: keys below it draw on its limits and credits, whatever their own are. */
function areLimitsWithin(record: ApiKeyRecord, actingKey: ApiKeyRecord): boolean {
  return (
    listExceededBounds(record.rateLimits, actingKey.rateLimits).length === 0 &&
    // Otherwise a key with credits could rotate one without, and use that instead.
    (record.hasCredits || !actingKey.hasCredits)
  );
}

/**
 * Access tokens and superseded secrets may not rotate their own key: an attacker with one of them could lock the owner of the
 * key out.
 *
 * @throws ApiKeysError `forbidden`
 */
export function assertMayReplaceSecrets(
  { actingKey, mayRotateItself }: Authority,
  { id }: Pick<ApiKeyRecord, 'id'>,
): void {
  if (actingKey?.id !== id || mayRotateItself) return;
  throw new ApiKeysError('forbidden', {
    detail:
      'An access token or a superseded secret cannot rotate its own API key. Send the newest secret of the key.',
  });
}

function refuseMissing(scopes: readonly string[], { actingKey, catalogue }: Authority): void {
  const missing = scopes.filter((scope) => !catalogue.covers(actingKey?.scopes ?? [], scope));
  if (missing.length > 0) throw createMissingScopesError(scopes, missing);
}

function createMissingScopesError(required: readonly string[], missing: readonly string[]): ApiKeysError {
  return new ApiKeysError('insufficient_scope', {
    detail: `The requesting API key does not hold ${missing.join(', ')}.`,
    refusal: {
      allowed: false,
      code: 'insufficient_scope',
      requiredScopes: required,
      missingScopes: missing,
    },
  });
}
