import { parseActor, type Actor, type ChangeActor } from '../domain/actor.js';
import { InvalidOptionError } from '../errors.js';

/** On whose behalf code of the app manages keys. */
export type CallActor =
  /** Manages the keys of one owner, and sees no others. */
  | { readonly kind: 'owner'; readonly ownerId: string }
  /** Manages all keys; `id` is written to the audit log. */
  | { readonly kind: 'admin'; readonly id: string }
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
  if (isApplication(value)) return { kind: 'application' };
  const actor = parseNamedActor(what, value);
  if (actor.kind !== 'key') return actor;
  throw new InvalidOptionError(`${what}: actor: keys manage keys over HTTP only; ${expected}`);
}

function isApplication(value: unknown): boolean {
  return (value as { kind?: unknown } | null | undefined)?.kind === 'application';
}

function parseNamedActor(what: string, value: unknown): Actor {
  const kind: unknown = (value as { kind?: unknown } | null | undefined)?.kind;
  if (kind !== 'owner' && kind !== 'admin' && kind !== 'key') {
    throw new InvalidOptionError(`${what}: actor: ${expected}`);
  }
  try {
    return parseActor(value);
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : 'is invalid';
    throw new InvalidOptionError(`${what}: actor: ${reason}; ${expected}`);
  }
}
