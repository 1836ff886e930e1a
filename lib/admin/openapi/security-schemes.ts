import type { CredentialHeader } from '../../http/credential-source.js';
import type { EndpointRow } from '../endpoints.js';

/** How callers say who they are. */
export interface DescribedSecurity {
  /** Headers in which the holder of a key sends it. */
  readonly credentialHeaders: readonly CredentialHeader[];
  /** The app's own sign-in, as a Security Scheme Object; `null` when the app did not describe it. */
  readonly appScheme: object | null;
}

/** OpenAPI has no word for "as the app likes it"; this one at least promises nothing. */
const unknownScheme = {
  type: 'http',
  scheme: 'custom',
  description: "The app's own sign-in, whatever that is; this router does not see how it is done.",
};

/** The security schemes of the document, by name. */
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

/** What an operation asks for: one of the schemes, or nothing. */
export function describeSecurity(
  access: EndpointRow['access'],
  security: DescribedSecurity,
): readonly object[] {
  if (access === 'anyone') return [];
  if (access === 'actor') return [{ app: [] }];
  return security.credentialHeaders.map((_, index) => ({ [toSchemeName(index)]: [] }));
}

/** Header names can hold characters that names of components cannot. */
function toSchemeName(index: number): string {
  return index === 0 ? 'apiKey' : `apiKey${index + 1}`;
}
