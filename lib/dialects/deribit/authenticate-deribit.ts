import { createCredentialOfRequest } from '../credential-of-request.js';
import type { AuthenticateDeribit, DeribitParts } from './deribit-method.js';

/** For the time being. */
export function createAuthenticateDeribit({ callers }: DeribitParts): AuthenticateDeribit {
  const credentialOf = createCredentialOfRequest(['bearer', 'basic']);
  return (call) => callers.of(call, credentialOf(call.req));
}
