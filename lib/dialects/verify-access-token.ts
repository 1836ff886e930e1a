import { takeFunction } from '../options/option-readers.js';
import type { OptionReader } from '../options/read-options.js';
import type { Request } from 'express';

/**
 * Returns the owner id of an access token: the app's own check of the tokens that its sign-in issues (a session token, a JWT).
 * `null` for an invalid token; a rejection is answered as an internal error. Never called with an empty string.
 */
export type VerifyAccessToken = (token: string, req: Request) => string | null | Promise<string | null>;

/** Reads the option `verifyAccessToken`, which every dialect needs. */
export const takeVerifyAccessToken: OptionReader<VerifyAccessToken> = takeFunction(
  'a function from an access token of the app to the id of its owner, or null',
);
