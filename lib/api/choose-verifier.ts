import { isJwtLike } from '../domain/jwt.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';

/** The verifiers of a ready instance. */
export interface Verifiers {
  /** For keys. */
  readonly verifier: ApiKeyVerifier;
  /** For access tokens; `null` without the option `tokens`. */
  readonly tokens: { readonly verifier: ApiKeyVerifier } | null;
}

/** Returns the verifier for a credential. Without the option `tokens` an access token is verified as a key, and so refused. */
export function chooseVerifier({ verifier, tokens }: Verifiers, token: string): ApiKeyVerifier {
  return tokens !== null && isJwtLike(token) ? tokens.verifier : verifier;
}
