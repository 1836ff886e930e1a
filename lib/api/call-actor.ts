import type { Actor, AdminActor, ChangeActor, OwnerActor } from '../domain/actor.js';
import { parseActor, refuseUnknownMembers } from '../domain/parse-actor.js';
import { InvalidOptionError } from '../errors.js';

/** On whose behalf code of the app manages keys. */
export type CallActor =
  /** Manages the keys of one owner, and sees no others. */
  | OwnerActor
  /** Manages all keys; `id` is written to the audit log. */
  | AdminActor
  /** The app itself, which may do everything. */
  | { readonly kind: 'application' };

/** An actor that was checked, apart from what the caller may still change. */
export type CheckedActor = Exclude<ChangeActor, { kind: 'key' }>;

const expected = "takes { kind: 'application' }, { kind: 'owner', ownerId } or { kind: 'admin', id }";

/**
 * Checks and copies an actor. A lost actor must never become the app itself, so `undefined` and `null` are refused.
 *
 * @param what - for messages: `keys.as`
 * @throws InvalidOptionError
 */
export function readCallActor(what: string, value: unknown): CheckedActor {
  const actor = readActor(what, value);
  if (actor.kind !== 'key') return actor;
  throw new InvalidOptionError(`${what}: actor: keys manage keys over HTTP only; ${expected}`);
}

function readActor(what: string, value: unknown): Actor | { readonly kind: 'application' } {
  const kind: unknown = (value as { kind?: unknown } | null | undefined)?.kind;
  if (kind !== 'owner' && kind !== 'admin' && kind !== 'key' && kind !== 'application') {
    throw new InvalidOptionError(`${what}: actor: ${expected}`);
  }
  try {
    if (kind !== 'application') return parseActor(value);
    refuseUnknownMembers(value as object, 'application');
    return { kind: 'application' };
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : 'is invalid';
    throw new InvalidOptionError(`${what}: actor: ${reason}; ${expected}`);
  }
}
