import type { Refusal, Verdict } from '../domain/verdict.js';

/** Whether a credential is unknown. The refusal of a valid key that is not accepted here names the key. */
export function isOfNoKey(verdict: Verdict): verdict is Refusal {
  return !verdict.allowed && verdict.code === 'invalid_token' && verdict.keyId === undefined;
}
