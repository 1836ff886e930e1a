import { maxCredits } from './credits.js';
import { InvalidFieldError } from './key-fields.js';
import { parseRateLimits } from './limit-fields.js';
import { listUnknownNames } from './list-unknown-names.js';
import type { RateLimit } from './rate-limit.js';
import { parseResourceId } from './resource-binding.js';
import { maxResourceKinds } from './resource-catalogue.js';

/** The most that a person may give to keys. What is left out is not bounded here; `[]` means nothing of that kind. */
export interface ActorGrants {
  /**
   * Scopes, and wildcards over some. A scope that the catalogue does not have, or no longer has, grants nothing. Default: every
   * scope of the catalogue.
   */
  readonly scopes?: readonly string[];
  /** Features of the configured list. Default: all of them. */
  readonly features?: readonly string[];
  /**
   * The single resources that a key must be bound to at most: ids by kind. Only keys that are bound to each of these kinds can be
   * given; `[]` means none. Default: any, and keys that are bound to nothing.
   */
  readonly resources?: Readonly<Record<string, readonly string[]>>;
  /** Limits and credits. Default: as `limits.ceilings` of the options says. */
  readonly limits?: GrantedLimits;
}

/** The least restrictive limits that a person may give to keys, in addition to `limits.ceilings` of the options. */
export interface GrantedLimits {
  /** A key must have a window at or below each of these; keys that are created without limits get them. Default: none. */
  readonly rateLimits?: readonly RateLimit[];
  /** Maximum credits of a new key; later, credits can only be lowered, and refills are excluded. Default: no maximum. */
  readonly credits?: number;
}

/** Maximum number of scopes or features in grants, and of ids of one kind. */
const maxNames = 1000;

type Parsers<T> = { readonly [K in keyof T]-?: (value: unknown) => NonNullable<T[K]> };

/** How each member is parsed: a new kind of grant is a row here, and a check in `lib/manage/grant-authority.ts`. */
const parsers: Parsers<ActorGrants> = {
  scopes: parseNames,
  features: parseNames,
  resources: parseResources,
  limits: parseLimits,
};

const limitParsers: Parsers<GrantedLimits> = {
  rateLimits: parseRateLimits,
  credits: parseMaxCredits,
};

/**
 * Parses grants. A member that is `undefined` got lost on its way: without it, nothing would be bounded.
 *
 * @throws InvalidFieldError with the member and what it takes
 */
export function parseActorGrants(value: unknown): ActorGrants {
  return parseMembers<ActorGrants>(value, parsers, '{ scopes, features, resources, limits }');
}

function parseLimits(value: unknown): GrantedLimits {
  return parseMembers<GrantedLimits>(value, limitParsers, '{ rateLimits, credits }');
}

function parseMembers<T extends object>(value: unknown, parsersOf: Parsers<T>, shape: string): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidFieldError(`must be an object such as ${shape}`);
  }
  const names = Object.keys(parsersOf) as (keyof T & string)[];
  const [unknown] = listUnknownNames(value, names);
  if (unknown !== undefined) {
    throw new InvalidFieldError(`: ${unknown.name ?? 'it'} ${unknown.message}; it takes ${names.join(', ')}`);
  }
  const members = names
    .filter((name) => name in value)
    .map((name) => [name, parseMember(name, (value as Partial<T>)[name], parsersOf[name])]);
  return Object.fromEntries(members) as T;
}

function parseMember(name: string, value: unknown, parse: (value: unknown) => unknown): unknown {
  if (value === undefined) throw new InvalidFieldError(`: ${name} is undefined; leave it out, or set it`);
  try {
    return parse(value);
  } catch (error) {
    if (!(error instanceof InvalidFieldError)) throw error;
    throw new InvalidFieldError(`: ${formatReason(name, error.message)}`);
  }
}

/** Names what a reason is about. One that begins with a colon is about a member of it. */
export function formatReason(name: string, reason: string): string {
  return reason.startsWith(':') ? name + reason : `${name} ${reason}`;
}

function parseNames(value: unknown): readonly string[] {
  const isName = (name: unknown): boolean => typeof name === 'string' && name !== '' && name.length <= 64;
  if (!Array.isArray(value) || value.length > maxNames || !Array.from(value, isName).every(Boolean)) {
    throw new InvalidFieldError(`must be a list of up to ${maxNames} names; [] for none`);
  }
  return Array.from(value as readonly string[]);
}

/** A kind that the options do not have bounds like any other: no key can be bound to it, so none can be given. */
function parseResources(value: unknown): Readonly<Record<string, readonly string[]>> {
  const refuse = (): never => {
    throw new InvalidFieldError(`must be an object with a list of up to ${maxNames} ids for each kind`);
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse();
  const kinds: readonly [string, unknown][] = Object.entries(value);
  if (kinds.length > maxResourceKinds) return refuse();
  return Object.fromEntries(
    kinds.map(([kind, ids]) => {
      if (!Array.isArray(ids) || ids.length > maxNames) return refuse();
      return [kind, Array.from(ids as readonly unknown[], parseResourceId)];
    }),
  );
}

function parseMaxCredits(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= maxCredits)
    return value;
  throw new InvalidFieldError(`must be a whole number from 0 to ${maxCredits}`);
}
