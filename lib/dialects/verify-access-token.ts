import { takeFunction } from '../options/option-readers.js';
import type { OptionReader } from '../options/read-options.js';
import type { Request } from 'express';

/**
 * Says whose access token this is: the app's own check of what its sign-in has given out (a session token, a JWT).
 * `null` for a token that is not valid; a rejection is answered like trouble. It is never asked about an empty text.
 */
export type VerifyAccessToken = (token: string, req: Request) => string | null | Promise<string | null>;

/** Reads the option `verifyAccessToken`, which every dialect needs. */
export const takeVerifyAccessToken: OptionReader<VerifyAccessToken> = takeFunction(
  'a function from an access token of the app to the id of its owner, or null',
);
