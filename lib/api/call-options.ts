import { refuseUnknownOptions } from '../options/read-options.js';
import { parseActor, type Actor } from '../domain/actor.js';
import { InvalidOptionError } from '../errors.js';
import type { ChangeContext, ExpectedVersion } from '../manage/change.js';

/** On whose behalf a call is made. */
export interface CallOptions {
  /** Left out: the app itself, which may do everything. `undefined` and `null` are refused, not taken for that. */
  readonly actor?: Exclude<Actor, { kind: 'key' }>;
}

/** Options of a change. */
export interface ChangeOptions extends CallOptions {
  /** The change is made only if the key still has this version; else it throws `ERR_API_KEYS_PRECONDITION_FAILED`. */
  readonly expectedVersion?: number;
}

/** Who acts, and with which expectation. */
export interface ReadCallOptions {
  readonly context: ChangeContext;
  readonly expected: ExpectedVersion;
}

/**
 * Reads the options of a call without HTTP. An actor that went missing on its way here must not become the app itself.
 *
 * @throws InvalidOptionError for unknown names and values of the wrong kind
 */
export function readCallOptions(
  what: string,
  options: ChangeOptions | undefined,
  known: readonly (keyof ChangeOptions)[],
): ReadCallOptions {
  const given: object = options ?? {};
  refuseUnknownOptions(what, given, known);
  return {
    context: { actor: actorOf(what, given), address: null, requestId: null, managementScope: null },
    expected: expectedOf(what, given),
  };
}

function actorOf(what: string, options: ChangeOptions): ChangeContext['actor'] {
  if (!Object.hasOwn(options, 'actor')) return { kind: 'application' };
  const actor = parsedActor(what, options.actor);
  if (actor.kind !== 'key') return actor;
  throw new InvalidOptionError(`${what}: actor is an owner or an admin; keys manage keys over HTTP only`);
}

function parsedActor(what: string, actor: unknown): Actor {
  try {
    return parseActor(actor);
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : 'is wrong';
    throw new InvalidOptionError(`${what}: actor: ${reason}; leave it out to act as the app itself`);
  }
}

function expectedOf(what: string, options: ChangeOptions): ExpectedVersion {
  if (!Object.hasOwn(options, 'expectedVersion')) return undefined;
  const { expectedVersion } = options;
  if (typeof expectedVersion === 'number' && Number.isInteger(expectedVersion)) return [expectedVersion];
  throw new InvalidOptionError(`${what}: expectedVersion is the version of a key, a whole number`);
}
