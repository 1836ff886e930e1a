import type { CredentialHeader } from './credential-source.js';

/** Returns the OpenAPI Security Schemes of the headers that keys are read from, by name. */
export function describeKeySchemes(headers: readonly CredentialHeader[]): Record<string, object> {
  const schemes = headers.map((header, index) => [
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
  return Object.fromEntries(schemes) as Record<string, object>;
}

/** Returns the security requirement of an operation that takes a key, in any of these headers. */
export function describeKeySecurity(
  headers: readonly CredentialHeader[],
  scopes: readonly string[] = [],
): readonly object[] {
  return headers.map((_, index) => ({ [toSchemeName(index)]: scopes }));
}

/** Header names can contain characters that component names cannot. */
function toSchemeName(index: number): string {
  return index === 0 ? 'apiKey' : `apiKey${index + 1}`;
}
