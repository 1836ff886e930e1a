import { describeMistake } from '../domain/describe-mistake.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { Refusal } from '../domain/verdict.js';
import type { ReadCredential } from './read-credential.js';

/** Adds to `invalid_token` which mistake was made, where the string that was sent shows it by itself. */
export function describeRefusal(
  refusal: Refusal,
  credential: ReadCredential,
  keyspaces: Pick<Keyspaces, 'all' | 'parse' | 'foreign'>,
): Refusal {
  if (refusal.code !== 'invalid_token' || refusal.detail !== undefined || credential.kind !== 'token') {
    return refusal;
  }
  const detail = describeMistake(credential.token, keyspaces);
  return detail === null ? refusal : { ...refusal, detail };
}
