import type { CredentialHeader } from '../../http/credential-source.js';
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
  const ofKeys = credentialHeaders.map((header, index) => [
    toSchemeName(index),
    header.isAuthorization
      ? { type: 'http', scheme: 'bearer', description: 'An API key as a bearer token (RFC 6750).' }
      : {
          type: 'apiKey',
          in: 'header',
          name: header.name,
          description: 'An API key in a header of its own.',
        },
  ]);
  return { app: appScheme ?? unknownScheme, ...Object.fromEntries(ofKeys) };
}

/** Returns the security requirement of an operation: one of the schemes, or none. */
export function describeSecurity(
  access: EndpointRow['access'],
  security: DescribedSecurity,
): readonly object[] {
  if (access === 'anyone') return [];
  if (access === 'actor') return [{ app: [] }];
  return security.credentialHeaders.map((_, index) => ({ [toSchemeName(index)]: [] }));
}

/** Header names can contain characters that component names cannot. */
function toSchemeName(index: number): string {
  return index === 0 ? 'apiKey' : `apiKey${index + 1}`;
}
