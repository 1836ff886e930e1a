import type { Request } from 'express';
import type { OwnerActor } from '../domain/actor.js';
import { parseOwnerId } from '../domain/key-fields.js';
import { parseActor } from '../domain/parse-actor.js';
import { takeFunction } from '../options/option-readers.js';
import type { OptionReader } from '../options/read-options.js';

/**
 * Returns the caller with an access token: the app's own check of the tokens that its sign-in issues (a session token, a JWT). For a
 * member of an organization that is an actor with its role and grants; **a string is the id of an owner who may do everything** with its
 * keys. `null` for an invalid token; a rejection, and anything that is no actor, is answered as an internal error. Never called with
 * an empty string.
 *
 * @example
 * verifyAccessToken: async (token) => {
 *   const member = await memberOfSession(token);
 *   return member && { kind: 'owner', ownerId: member.organization, memberId: member.id, role: member.role };
 * }
 */
export type VerifyAccessToken = (
  token: string,
  req: Request,
) => string | OwnerActor | null | Promise<string | OwnerActor | null>;

/** Reads the option `verifyAccessToken`, which every dialect needs. */
export const takeVerifyAccessToken: OptionReader<VerifyAccessToken> = takeFunction(
  'a function from an access token of the app to the id of its owner, to an actor of the kind owner, or to null',
);

/**
 * Reads what `verifyAccessToken` returned for a token, apart from `null`.
 *
 * @throws TypeError for anything but an owner; the message never contains a value
 * @throws InvalidFieldError for a string that is no id of an owner
 */
export function readTokenHolder(result: unknown): OwnerActor {
  if (typeof result === 'string') return { kind: 'owner', ownerId: parseOwnerId(result) };
  const actor = readActor(result);
  if (actor.kind === 'owner') return actor;
  throw new TypeError(`${expected}, and no other actor`);
}

function readActor(result: unknown): ReturnType<typeof parseActor> {
  try {
    return parseActor(result);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'the result is invalid';
    throw new TypeError(`${expected}: ${reason}`, { cause: error });
  }
}

const expected = 'verifyAccessToken must return null, the id of an owner or an actor of the kind owner';
