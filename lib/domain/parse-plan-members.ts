import { maxCredits } from './credits.js';
import type { FeatureCatalogue } from './feature-catalogue.js';
import { InvalidFieldError, parseScopes } from './key-fields.js';
import { largestMaxKeysPerOwner } from './keyspace-policy.js';
import { suggestNames } from './known-names.js';
import { parsePlanCredits, parseRateLimits } from './limit-fields.js';
import { listUnknownNames } from './list-unknown-names.js';
import type { OwnerCeilings } from './owner-ceilings.js';
import { parseFeatures } from './parse-features.js';
import { largestLifetimeDays } from './lifetime-bounds.js';
import type { PlanMembers } from './plan.js';
import { maxResourceIds, parseResourceId, suggestKinds } from './resource-binding.js';
import type { ReachableChanges } from './reachable-resources.js';
import type { ResourceCatalogue } from './resource-catalogue.js';
import type { ScopeCatalogue } from './scope-catalogue.js';

/** What a plan can name. */
export interface PlanCatalogues {
  readonly catalogue: ScopeCatalogue;
  readonly features: FeatureCatalogue;
  readonly resources: ResourceCatalogue;
}

const memberNames = [
  'scopes',
  'features',
  'rateLimits',
  'credits',
  'keyCeilings',
  'maxKeys',
  'maxLifetimeDays',
  'maxIdleDays',
  'resources',
] as const;
const ceilingNames = ['rateLimits', 'credits'] as const;

/**
 * Parses the members of a plan. One that is `undefined` is refused, because what a plan leaves out it does not restrict. It is
 * bounded: every list is, by its own rules.
 *
 * @throws InvalidFieldError for unknown members, scopes and features, and values of the wrong kind
 */
export function parsePlanMembers(value: unknown, catalogues: PlanCatalogues): PlanMembers {
  const members = readMembers(value, memberNames, '');
  const {
    scopes,
    features,
    rateLimits,
    credits,
    keyCeilings,
    maxKeys,
    maxLifetimeDays,
    maxIdleDays,
    resources,
  } = members;
  return {
    ...(scopes === undefined
      ? {}
      : { scopes: parseMember('scopes', () => parsePlanScopes(scopes, catalogues)) }),
    ...(features === undefined
      ? {}
      : { features: parseMember('features', () => parsePlanFeatures(features, catalogues)) }),
    ...(rateLimits === undefined
      ? {}
      : { rateLimits: parseMember('rateLimits', () => parseRateLimits(rateLimits)) }),
    ...(credits === undefined ? {} : { credits: parsePlanCredits(credits) }),
    ...(keyCeilings === undefined ? {} : { keyCeilings: parseCeilings(keyCeilings) }),
    ...(maxKeys === undefined ? {} : { maxKeys: readNumber('maxKeys', maxKeys, 1, largestMaxKeysPerOwner) }),
    ...(maxLifetimeDays === undefined
      ? {}
      : { maxLifetimeDays: readNumber('maxLifetimeDays', maxLifetimeDays, 1, largestLifetimeDays) }),
    ...(maxIdleDays === undefined
      ? {}
      : { maxIdleDays: readNumber('maxIdleDays', maxIdleDays, 1, largestLifetimeDays) }),
    ...(resources === undefined ? {} : { resources: parseReachable(resources, catalogues) }),
  };
}

function parsePlanScopes(value: unknown, { catalogue }: PlanCatalogues): readonly string[] {
  suggestKnown(value, (name) => catalogue.isGrantable(name), catalogue.grantable);
  return parseScopes(value, catalogue);
}

function parsePlanFeatures(value: unknown, { features }: PlanCatalogues): readonly string[] {
  if (features.names.length > 0) suggestKnown(value, (name) => features.has(name), features.names);
  return parseFeatures(value, features);
}

/** Names the first unknown one, with what was probably meant. */
function suggestKnown(value: unknown, isKnown: (name: string) => boolean, known: readonly string[]): void {
  if (!Array.isArray(value)) return;
  // Bounded: messages repeat no long strings.
  const unknown: unknown = value.find(
    (name) => typeof name === 'string' && name.length <= 64 && !isKnown(name),
  );
  if (typeof unknown !== 'string') return;
  throw new InvalidFieldError(`must not contain ${JSON.stringify(unknown)}; ${suggestNames(unknown, known)}`);
}

/** An empty list is none of a kind: `null` is what stands for all. */
function parseReachable(value: unknown, { resources: catalogue }: PlanCatalogues): ReachableChanges {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidFieldError(
      'resources must be an object with a list of ids for each kind, or null for all of a kind',
    );
  }
  const [unknown] = listUnknownNames(value, catalogue.kinds);
  if (unknown !== undefined) {
    const shown = unknown.name === null ? 'other kinds' : JSON.stringify(unknown.name);
    throw new InvalidFieldError(`resources must not name ${shown}; ${suggestKinds(unknown.name, catalogue)}`);
  }
  refuseUndefined(value, 'resources.');
  const kinds = catalogue.kinds.filter((kind) => Object.hasOwn(value, kind));
  return Object.fromEntries(kinds.map((kind) => [kind, parseReachableIds(kind, Reflect.get(value, kind))]));
}

function parseReachableIds(kind: string, value: unknown): readonly string[] | null {
  if (value === null) return null;
  const where = `resources.${kind}`;
  if (!Array.isArray(value) || value.length > maxResourceIds) {
    throw new InvalidFieldError(
      `${where} must be a list of up to ${maxResourceIds} ids, [] for none, or null for all`,
    );
  }
  const ids = Array.from(value, (id: unknown, index) =>
    parseMember(`${where} entry ${index + 1}`, () => parseResourceId(id)),
  );
  if (new Set(ids).size < ids.length) throw new InvalidFieldError(`${where} must not name an id twice`);
  return ids;
}

function parseCeilings(value: unknown): Partial<OwnerCeilings> {
  const { rateLimits, credits } = readMembers(value, ceilingNames, 'keyCeilings');
  return {
    ...(rateLimits === undefined
      ? {}
      : { rateLimits: parseMember('keyCeilings.rateLimits', () => parseRateLimits(rateLimits)) }),
    ...(credits === undefined ? {} : { credits: readNumber('keyCeilings.credits', credits, 0, maxCredits) }),
  };
}

/** Returns the members of an object, and accepts no others: a misspelt member must not be silently ignored. */
function readMembers<N extends string>(
  value: unknown,
  names: readonly N[],
  where: string,
): Partial<Record<N, unknown>> {
  const what = where === '' ? '' : `${where} `;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidFieldError(`${what}must be an object with ${names.join(', ')}`);
  }
  const [unknown] = listUnknownNames(value, names);
  if (unknown !== undefined) {
    const { name } = unknown;
    const shown = name === null ? 'other names' : `${JSON.stringify(name)}; ${suggestNames(name, names)}`;
    throw new InvalidFieldError(`${what}must not have the member ${shown}`);
  }
  refuseUndefined(value, where === '' ? '' : `${where}.`);
  return { ...(value as Partial<Record<N, unknown>>) };
}

/** A variable that is not set must not remove a bound. */
function refuseUndefined(members: object, path: string): void {
  const lost = Object.entries(members).find(([, value]) => value === undefined);
  if (lost === undefined) return;
  throw new InvalidFieldError(
    `${path}${lost[0]} is undefined; leave it out for what applies without it, or write its value`,
  );
}

function parseMember<T>(where: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidFieldError)) throw error;
    throw new InvalidFieldError(`${where} ${error.message}`);
  }
}

function readNumber(where: string, value: unknown, least: number, most: number): number | null {
  if (value === null) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  throw new InvalidFieldError(
    `${where} must be a whole number from ${least} to ${most}, or null for no maximum`,
  );
}
