import type { JsonObject } from '../domain/json.js';
import type { SigningAlgorithm } from '../ports/token-store.js';

/** The content of the metadata. */
export interface ServerFacts {
  /** The issuer URL in tokens and metadata. */
  readonly issuer: string;
  /** Where the token router is mounted: a path below the issuer. */
  readonly endpoints: string;
  readonly algorithm: SigningAlgorithm;
  readonly scopes: readonly string[];
  /** Further members, which replace none of ours. */
  readonly metadata: JsonObject;
}

const authMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
const assertionAlgorithms = ['EdDSA', 'Ed25519', 'PS256', 'PS384', 'PS512'];

/** Authorization server metadata (RFC 8414 section 2). */
export function createServerMetadata({
  issuer,
  endpoints,
  algorithm,
  scopes,
  metadata,
}: ServerFacts): Readonly<Record<string, unknown>> {
  const toUrl = (name: string): string => `${issuer}${endpoints}/${name}`;
  return {
    ...metadata,
    issuer,
    // There is no such grant, as the empty lists say. Clients of the MCP SDK and of OpenID Connect do not read metadata
    // without this member; the endpoint answers in words.
    authorization_endpoint: toUrl('authorize'),
    token_endpoint: toUrl('token'),
    ...describeAuthMethods('token'),
    introspection_endpoint: toUrl('introspect'),
    ...describeAuthMethods('introspection'),
    revocation_endpoint: toUrl('revoke'),
    ...describeAuthMethods('revocation'),
    grant_types_supported: ['client_credentials'],
    // Required, but empty: nothing is granted at the authorization endpoint.
    response_types_supported: [],
    scopes_supported: scopes,
    // Secret keys are never published. The documents are at the root, even when the issuer has a path.
    ...(algorithm === 'HS256' ? {} : { jwks_uri: `${new URL(issuer).origin}/.well-known/jwks.json` }),
  };
}

/** The same for clients that query the discovery document of OpenID Connect first: with the members that they require. */
export function createOpenIdMetadata(facts: ServerFacts): Readonly<Record<string, unknown>> {
  return {
    ...createServerMetadata(facts),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [],
  };
}

/** The members that are set here, `jwks_uri` included. */
export const ownMetadataMembers: ReadonlySet<string> = new Set(
  Object.keys(
    createOpenIdMetadata({
      issuer: 'https://api.example',
      endpoints: '',
      algorithm: 'EdDSA',
      scopes: [],
      metadata: {},
    }),
  ),
);

function describeAuthMethods(endpoint: string): object {
  return {
    [`${endpoint}_endpoint_auth_methods_supported`]: authMethods,
    [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: assertionAlgorithms,
  };
}
