import type { SigningAlgorithm } from '../ports/token-store.js';

/** The content of the metadata. */
export interface ServerFacts {
  /** The issuer URL in tokens and metadata. */
  readonly issuer: string;
  /** Where the token router is mounted: a path below the issuer. */
  readonly endpoints: string;
  readonly algorithm: SigningAlgorithm;
  readonly scopes: readonly string[];
}

const authMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
const assertionAlgorithms = ['EdDSA', 'Ed25519', 'PS256', 'PS384', 'PS512'];

/** Authorization server metadata (RFC 8414 section 2). */
export function createServerMetadata({ issuer, endpoints, algorithm, scopes }: ServerFacts): object {
  const toUrl = (name: string): string => `${issuer}${endpoints}/${name}`;
  return {
    issuer,
    token_endpoint: toUrl('token'),
    ...describeAuthMethods('token'),
    introspection_endpoint: toUrl('introspect'),
    ...describeAuthMethods('introspection'),
    revocation_endpoint: toUrl('revoke'),
    ...describeAuthMethods('revocation'),
    grant_types_supported: ['client_credentials'],
    // Required, but empty: there is no authorization endpoint.
    response_types_supported: [],
    scopes_supported: scopes,
    // Secret keys are never published. The documents are at the root, even when the issuer has a path.
    ...(algorithm === 'HS256' ? {} : { jwks_uri: `${new URL(issuer).origin}/.well-known/jwks.json` }),
  };
}

function describeAuthMethods(endpoint: string): object {
  return {
    [`${endpoint}_endpoint_auth_methods_supported`]: authMethods,
    [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: assertionAlgorithms,
  };
}
