import type { Verdict } from '../domain/verdict.js';
import type { DecisionTrace } from '../ports/verification-observer.js';
import type { ApiKeyVerifier, VerificationRequest } from '../verify/verify-api-key.js';

/**
 * Verifies a key, at once where it is cached, and notes whether it was. What is refused from memory has no source, unless it is a
 * key whose secret was valid.
 *
 * @param trace - that of the request
 */
export function verifyObserved(
  verifier: ApiKeyVerifier,
  request: VerificationRequest,
  trace: DecisionTrace,
): Verdict | Promise<Verdict> {
  const verdict = verifier.verifyAtOnce(request);
  if (verdict === null) return trace.wait(() => verifier.verify(request));
  if (verdict instanceof Promise || verdict.allowed || verdict.keyId !== undefined) trace.source = 'cached';
  return verdict;
}
