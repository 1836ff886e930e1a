import type { Actor, OwnerActor } from './actor.js';
import { formatReason, parseActorGrants } from './actor-grants.js';
import { parseActorRole } from './actor-role.js';
import type { ApiKeyIdentity } from './api-key-identity.js';
import { parseName, parseOwnerId } from './key-fields.js';
import { listUnknownNames } from './list-unknown-names.js';

/** An actor, or anything else, as the app returned it. */
type Claim = Readonly<Record<string, unknown>>;

/** Every member that an actor of a kind can have. */
const memberNames = {
  owner: ['kind', 'ownerId', 'memberId', 'memberName', 'role', 'grants'],
  admin: ['kind', 'id'],
  key: ['kind', 'apiKey'],
  application: ['kind'],
} as const;

/**
 * Validates the actor that an app returned for a request, and copies it field by field: an actor controls access to every
 * key, so any other shape is an error and never an actor. A member that is unknown may be a misspelt bound, and is an error
 * too.
 *
 * @throws TypeError with what is accepted; the message never contains a value
 */
export function parseActor(value: unknown): Actor {
  const claim = value as Claim | null | undefined;
  switch (claim?.['kind']) {
    case 'owner':
      return parseOwnerActor(claim);
    case 'admin':
      refuseUnknownMembers(claim, 'admin');
      return { kind: 'admin', id: parseMember('id', claim['id'], parseOwnerId) };
    case 'key':
      refuseUnknownMembers(claim, 'key');
      return { kind: 'key', apiKey: readIdentity(claim['apiKey']) };
    default:
      throw new TypeError(
        "expected { kind: 'owner', ownerId }, { kind: 'admin', id } or { kind: 'key', apiKey }",
      );
  }
}

/**
 * Refuses what an actor of this kind does not have.
 *
 * @throws TypeError that names the first unknown member, if its name may be shown, and what is accepted
 */
export function refuseUnknownMembers(claim: object, kind: keyof typeof memberNames): void {
  const known = memberNames[kind];
  const [unknown] = listUnknownNames(claim, known);
  if (unknown === undefined) return;
  throw new TypeError(`${unknown.name ?? 'the actor'} ${unknown.message}; ${describeMembers(kind, known)}`);
}

function describeMembers(kind: string, known: readonly string[]): string {
  return `an actor of the kind ${kind} has ${known.join(', ')}`;
}

function parseOwnerActor(claim: Claim): OwnerActor {
  refuseUnknownMembers(claim, 'owner');
  const { memberName } = claim;
  const actor: OwnerActor = {
    kind: 'owner',
    ownerId: parseMember('ownerId', claim['ownerId'], parseOwnerId),
    ...parseOptional(claim, 'memberId', parseOwnerId),
    ...(memberName === undefined ? {} : { memberName: parseMember('memberName', memberName, parseName) }),
    ...parseOptional(claim, 'role', parseActorRole),
    ...parseOptional(claim, 'grants', parseActorGrants),
  };
  if (actor.memberName !== undefined && actor.memberId === undefined) {
    throw new TypeError('memberName needs the memberId of that member');
  }
  return actor;
}

/**
 * Parses a member that may be left out. One that is there as `undefined` got lost on its way: without it, the actor could do
 * more, or nobody could say who it was.
 */
function parseOptional<N extends string, T>(
  claim: Claim,
  name: N,
  parse: (value: unknown) => T,
): Partial<Record<N, T>> {
  if (!(name in claim)) return {};
  const value = claim[name];
  if (value === undefined) throw new TypeError(`${name} is undefined; leave it out, or set it`);
  return { [name]: parseMember(name, value, parse) } as Record<N, T>;
}

function parseMember<T>(name: string, value: unknown, parse: (value: unknown) => T): T {
  try {
    return parse(value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'is invalid';
    throw new TypeError(formatReason(name, reason), { cause });
  }
}

/**
 * Accepts any object with the fields of an identity, including a copy, because only the id and the owner are trusted. The
 * permissions of the key are re-read from the store for every command.
 */
function readIdentity(value: unknown): ApiKeyIdentity {
  const claim = value as Partial<ApiKeyIdentity> | null | undefined;
  const isIdentity =
    typeof claim?.id === 'string' && typeof claim.ownerId === 'string' && Array.isArray(claim.scopes);
  if (!isIdentity) throw new TypeError('apiKey must be the req.apiKey of a guarded request');
  return claim as ApiKeyIdentity;
}
