import type { ActorGrants } from '../domain/actor-grants.js';
import { isAllowlistWithin } from '../domain/address.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { refillCredits } from '../domain/credits.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { listExceededBounds } from '../domain/owner-ceilings.js';
import { isResourceBindingWithin } from '../domain/resource-binding.js';
import { findCommonScopes } from '../domain/token-scope.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeContext } from './change.js';

/** What the catalogues say about keys. */
interface GrantPorts {
  readonly keyspaces: Pick<Keyspaces, 'catalogueOf' | 'get'>;
  /** The keyspace whose names the grants of actors contain. */
  readonly keyspace: Pick<Keyspace, 'name' | 'catalogue'>;
}

/** Returns the most that an actor may give; nothing is bounded for actors without grants. */
export function getGrants({ actor }: Pick<ChangeContext, 'actor'>): ActorGrants {
  return actor.kind === 'owner' ? (actor.grants ?? {}) : {};
}

/** Returns the scopes that an actor may give, of those that a policy gives to a key that is created without scopes. */
export function narrowToGrants(
  context: ChangeContext,
  { catalogue }: Pick<Keyspace, 'catalogue'>,
  scopes: readonly string[],
): readonly string[] {
  const { scopes: granted } = getGrants(context);
  if (granted === undefined || scopes.every((scope) => catalogue.covers(granted, scope))) return scopes;
  return findCommonScopes(scopes, granted, catalogue).filter((scope) => catalogue.isGrantable(scope));
}

/**
 * Refuses scopes beyond the grants of an actor, before anything expensive is done for a new key.
 *
 * @throws ApiKeysError `forbidden`
 */
export function assertMayGiveScopes(
  ports: GrantPorts,
  context: ChangeContext,
  scopes: readonly string[],
): void {
  const { scopes: granted } = getGrants(context);
  if (granted !== undefined) refuseScopes(ports, granted, { scopes, keyspace: ports.keyspace.name });
}

/**
 * A key as a whole must be within the grants of the actor that creates it, gets its secret or brings it back into use:
 * otherwise that person could use it.
 *
 * @param now - epoch milliseconds
 * @throws ApiKeysError `forbidden`
 */
export function assertMayGiveKey(
  ports: GrantPorts,
  context: ChangeContext,
  record: ApiKeyRecord,
  now: number,
): void {
  const { scopes, features } = getGrants(context);
  if (scopes !== undefined) refuseScopes(ports, scopes, record);
  if (features !== undefined) refuseFeatures(ports, features, record);
  assertReachWithin(context, record, now);
}

/** What the scopes and features of a key apply to, and how often. */
function assertReachWithin(
  context: Pick<ChangeContext, 'actor'>,
  record: Pick<ApiKeyRecord, 'resources' | 'rateLimits' | 'credits'>,
  now: number,
): void {
  const { resources, limits } = getGrants(context);
  if (!isResourceBindingWithin(record.resources, resources ?? null)) {
    refuse('The resources of this API key are beyond what you may give.');
  }
  if (listExceededBounds(record.rateLimits, limits?.rateLimits ?? []).length > 0) {
    refuse('The rateLimits of this API key are beyond what you may give.');
  }
  if (limits?.credits !== undefined && !areCreditsWithin(limits.credits, record, now)) {
    refuse('The credits of this API key are beyond what you may give.');
  }
}

/**
 * A change must add nothing beyond the grants of its actor. The key keeps what it had, and may be narrowed; brought back into
 * use, it counts as given: enabled, with a later end, or for more addresses or resources. A scope or a feature that is added applies to
 * all that the key reaches, which must be within the grants then. Limits and credits: `limit-authority.ts`.
 *
 * @param now - epoch milliseconds
 * @throws ApiKeysError `forbidden`
 */
export function assertMayChange(
  ports: GrantPorts,
  context: ChangeContext,
  current: ApiKeyRecord,
  next: ApiKeyRecord,
  now: number,
): void {
  if (isBroughtBack(current, next)) return assertMayGiveKey(ports, context, next, now);
  const { scopes, features } = getGrants(context);
  if (scopes !== undefined && next.scopes !== current.scopes) {
    refuseScopes(ports, [...scopes, ...current.scopes], next);
  }
  if (features !== undefined && next.features !== current.features) {
    refuseFeatures(ports, [...features, ...current.features], next);
  }
  if (isMoreGiven(ports, current, next)) assertReachWithin(context, next, now);
}

function isMoreGiven({ keyspaces }: GrantPorts, current: ApiKeyRecord, next: ApiKeyRecord): boolean {
  if (next.scopes !== current.scopes) {
    const catalogue = keyspaces.catalogueOf(current);
    if (!next.scopes.every((scope) => catalogue.covers(current.scopes, scope))) return true;
  }
  if (next.features === current.features) return false;
  return keyspaces.get(current.keyspace)?.features.isWithin(next.features, current.features) !== true;
}

function isBroughtBack(current: ApiKeyRecord, next: ApiKeyRecord): boolean {
  const endsLater =
    current.expiresAt !== null && (next.expiresAt === null || next.expiresAt > current.expiresAt);
  return (
    (next.enabled && !current.enabled) ||
    endsLater ||
    !isAllowlistWithin(next.ipAllowlist, current.ipAllowlist) ||
    !isResourceBindingWithin(next.resources, current.resources)
  );
}

function refuseScopes(
  { keyspaces, keyspace }: GrantPorts,
  granted: readonly string[],
  record: Pick<ApiKeyRecord, 'scopes' | 'keyspace'>,
): void {
  const own = keyspaces.catalogueOf(record);
  const beyond = record.scopes.filter((scope) => !own.covers(granted, scope));
  // In another keyspace, the same names may stand for other scopes of the app.
  const ofApp = record.keyspace === keyspace.name ? [] : [...own.expand(record.scopes)];
  beyond.push(...ofApp.filter((scope) => !keyspace.catalogue.covers(granted, scope)));
  if (beyond.length > 0) refuse(`You may not give an API key ${beyond.join(', ')}.`);
}

function refuseFeatures(
  { keyspaces }: GrantPorts,
  granted: readonly string[],
  { features, keyspace }: ApiKeyRecord,
): void {
  if (keyspaces.get(keyspace)?.features.isWithin(features, granted) === true) return;
  refuse('The features of this API key are beyond what you may give.');
}

function areCreditsWithin(most: number, { credits }: Pick<ApiKeyRecord, 'credits'>, now: number): boolean {
  return credits !== null && credits.refillAmount === null && refillCredits(credits, now).remaining <= most;
}

function refuse(detail: string): never {
  throw new ApiKeysError('forbidden', { detail });
}
