import type { CredentialHeader } from '../../http/credential-source.js';
import { describeKeySchemes, describeKeySecurity } from '../../http/key-security-schemes.js';
import type { EndpointRow } from '../endpoints.js';

/** How callers authenticate. */
export interface DescribedSecurity {
  /** Headers that callers can send a key in. */
  readonly credentialHeaders: readonly CredentialHeader[];
  /** The app's own authentication, as a Security Scheme Object; `null` if the app did not describe it. */
  readonly appScheme: object | null;
}

/** OpenAPI has no scheme for "whatever the app uses"; this one at least makes no promises. */
const unknownScheme = {
  type: 'http',
  scheme: 'custom',
  description: "The app's own authentication; this router does not know how it works.",
};

/** Returns the security schemes of the document, by name. */
export function describeSecuritySchemes({ credentialHeaders, appScheme }: DescribedSecurity): object {
  return { app: appScheme ?? unknownScheme, ...describeKeySchemes(credentialHeaders) };
}

/** Returns the security requirement of an operation: one of the schemes, or none. */
export function describeSecurity(
  access: EndpointRow['access'],
  security: DescribedSecurity,
): readonly object[] {
  if (access === 'anyone') return [];
  if (access === 'actor') return [{ app: [] }];
  return describeKeySecurity(security.credentialHeaders);
}
