import { InvalidOptionError } from '../errors.js';
import type { ChangeContext, ExpectedVersion } from '../manage/change.js';
import { refuseUnknownOptions } from '../options/read-options.js';
import { readCallActor, type CheckedActor } from './call-actor.js';
import type { ExpectedVersionOption } from './call-options.js';

/** Who acts, and which version of the key is expected. */
export interface Call {
  /** For messages: `keys.create`. */
  readonly what: string;
  readonly context: ChangeContext & { readonly actor: CheckedActor };
  readonly expected: ExpectedVersion;
}

/** What has commands. */
export type CallArea = 'keys' | 'owners' | 'audit' | 'webhooks';

/** An option of a command besides its actor. */
export type CommandOption = keyof ExpectedVersionOption;

/**
 * Reads the options of one call.
 *
 * @param known - which options the command takes besides the actor
 * @throws InvalidOptionError for unknown names and values of the wrong kind
 */
export type ReadCall = (
  area: CallArea,
  command: string,
  options: unknown,
  known: readonly CommandOption[],
) => Call;

/** Reads `{ actor, … }`: the options of `keys.create(input, options)`. */
export const readUnboundCall: ReadCall = (area, command, options, known) => {
  const what = `${area}.${command}`;
  const given = options ?? {};
  refuseUnknownOptions(what, given, ['actor', ...known], { example: "{ actor: { kind: 'application' } }" });
  if (!Object.hasOwn(given, 'actor')) {
    throw new InvalidOptionError(
      `${what}: say who acts: ${area}.as({ kind: 'application' }).${command}(…) for the app itself, or ` +
        `${area}.as({ kind: 'owner', ownerId }) or ${area}.as({ kind: 'admin', id }) for somebody else`,
    );
  }
  return callOf(what, readCallActor(what, Reflect.get(given, 'actor')), given);
};

/** Reads the options that are left where `keys.as(actor)` has said who acts. */
export function createBoundReader(actor: CheckedActor): ReadCall {
  return (area, command, options, known) => {
    const what = `${area}.${command}`;
    const given = options ?? {};
    refuseOptionsBeside(area, what, given, known);
    return callOf(what, actor, given);
  };
}

/** An actor among the options that was passed over would leave the call to somebody else. */
function refuseOptionsBeside(
  area: CallArea,
  what: string,
  given: object,
  known: readonly CommandOption[],
): void {
  if (Object.hasOwn(given, 'actor')) {
    throw new InvalidOptionError(`${what}: takes no actor here; ${area}.as(actor) says who acts`);
  }
  if (known.length > 0) return refuseUnknownOptions(what, given, known);
  if (typeof given === 'object' && Object.keys(given).length === 0) return;
  throw new InvalidOptionError(`${what}: takes one object and no options`);
}

function callOf(what: string, actor: CheckedActor, options: ExpectedVersionOption): Call {
  return {
    what,
    context: { actor, address: null, requestId: null, managementScope: null },
    expected: readExpectedVersion(what, options),
  };
}

function readExpectedVersion(what: string, options: ExpectedVersionOption): ExpectedVersion {
  if (!Object.hasOwn(options, 'expectedVersion')) return undefined;
  const { expectedVersion } = options;
  if (typeof expectedVersion === 'number' && Number.isInteger(expectedVersion)) return [expectedVersion];
  throw new InvalidOptionError(
    `${what}: expectedVersion must be the version of what is changed, a whole number`,
  );
}
