import type { Verdict } from '../domain/verdict.js';
import type { DecisionTrace } from '../ports/verification-observer.js';
import type { ApiKeyVerifier, VerificationRequest } from '../verify/verify-api-key.js';

/** Verifies a key, at once where it is cached. */
export function verifyUnobserved(
  verifier: ApiKeyVerifier,
  request: VerificationRequest,
): Verdict | Promise<Verdict> {
  return verifier.verifyAtOnce(request) ?? verifier.verify(request);
}

/**
 * The same, and notes whether the key was cached. What is refused from memory has no source, unless it is a key whose secret was
 * valid.
 */
export function verifyObserved(
  verifier: ApiKeyVerifier,
  request: VerificationRequest,
  trace: DecisionTrace | undefined,
): Verdict | Promise<Verdict> {
  if (trace === undefined) return verifyUnobserved(verifier, request);
  const observed = { ...request, trace };
  const verdict = verifier.verifyAtOnce(observed);
  if (verdict === null) return verifier.verify(observed);
  if (verdict instanceof Promise || verdict.allowed || verdict.keyId !== undefined) trace.source = 'cached';
  return verdict;
}
