import type { AccessToken } from '../domain/access-token.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { findCommonScopes, parseScopeParameter } from '../domain/token-scope.js';
import { allowEveryBinding } from '../domain/named-resources.js';
import { noScope } from '../domain/scope-requirement.js';
import type { ChangeContext } from '../manage/change.js';
import type { AuthenticateClient, Client } from './authenticate-client.js';
import { isTokenRevoked } from './is-token-revoked.js';
import { issueToken, type IssuedToken } from './issue-token.js';
import { readRevocableToken, readToken } from './read-token.js';
import {
  findChain,
  findGrant,
  issueRefreshable,
  refresh,
  type ChainTerms,
  type RefreshableToken,
} from './refresh-tokens.js';
import { isRefreshSecret } from './refresh-secret.js';
import { confirmRevokedChain, revokeChain } from './revoke-chain.js';
import { revokeToken } from './revoke-token.js';
import { TokenError } from './token-error.js';
import type { TokenPorts } from './token-ports.js';
import type { VerificationRequest } from '../verify/verify-api-key.js';
import { getExpiry, readUsableKey, type UsableKey } from './read-usable-key.js';

/** The introspection result of a valid token. */
export interface Introspected {
  readonly kind: 'access_token' | 'refresh_token' | 'api_key';
  /** The `jti` of an access token, the id of a chain of refresh tokens or of a key. */
  readonly id: string;
  readonly ownerId: string;
  readonly keyId: string;
  readonly scopes: readonly string[];
  /** The only resource that an access token is for; `null`: any. */
  readonly resource: string | null;
  /** Epoch milliseconds; `null` for refresh tokens and keys. */
  readonly issuedAt: number | null;
  /** Epoch milliseconds; `null` for a key that does not expire. */
  readonly expiresAt: number | null;
}

/** A client that introspects; without its identity, it introspects only what is its own. */
export type Introspector = Pick<Client, 'keyId'> & Partial<Pick<Client, 'apiKey'>>;

/** From where something is introspected, in canonical form; `null`: unknown. */
export interface IntrospectionAddresses {
  /** Of the client that introspects. */
  readonly address: string | null;
  /** Of the caller that sent the token or key to that client. */
  readonly callerAddress: string | null;
}

const noAddresses: IntrospectionAddresses = { address: null, callerAddress: null };

/** A valid chain of refresh tokens. */
export interface RefreshChain extends TokenHolder {
  /** The scopes of its first token. */
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** The key as it is now. */
  readonly record: ApiKeyRecord;
}

/** The key and the credential that a token is issued for. */
export type TokenHolder = Pick<Client, 'keyId' | 'credentialId'>;

/**
 * Access tokens without HTTP. Every method throws TokenError for a refusal, and ApiKeysError `unavailable` when the store
 * does not respond.
 */
export interface TokenService {
  readonly authenticate: AuthenticateClient;
  /** Issues an access token to a client: the grant `client_credentials`, which never includes a refresh token. */
  issue(client: TokenHolder, scope: string | undefined, resource?: string): Promise<IssuedToken>;
  /** Issues an access token and a refresh token. */
  issueRefreshable(
    client: TokenHolder,
    scope: string | undefined,
    terms?: ChainTerms,
  ): Promise<RefreshableToken>;
  /** The chain of a valid refresh token; the token is not used up. */
  findChain(context: ChangeContext, refreshToken: string): Promise<RefreshChain>;
  /** Exchanges a refresh token, which is then used up, for the next two tokens. */
  refresh(context: ChangeContext, refreshToken: string, scope: string | undefined): Promise<RefreshableToken>;
  /**
   * Introspects a token of this client, or the client's key itself; `null` for every other. A client with the introspection
   * scope introspects access tokens and keys of all.
   */
  introspect(
    client: Introspector,
    token: string,
    addresses?: IntrospectionAddresses,
  ): Promise<Introspected | null>;
  /**
   * Revokes a token of this client; does nothing for every other token.
   *
   * @returns `null` when every process already refuses it; else the time (epoch milliseconds) from which all do
   */
  revoke(client: Pick<Client, 'keyId'>, context: ChangeContext, token: string): Promise<number | null>;
  /** The public keys that tokens can be verified with. */
  publicKeys(): Promise<readonly Readonly<Record<string, string>>[]>;
}

/** Binds the token commands to their ports. */
export function createTokenService(ports: TokenPorts, authenticate: AuthenticateClient): TokenService {
  return {
    authenticate,
    async issue(client, scope, resource) {
      const requested = readScope(scope);
      const key = await readUsableKey(ports, client, 'invalid_client');
      return issueToken(ports, key, requested, { resource });
    },
    async issueRefreshable(client, scope, terms) {
      const requested = readScope(scope);
      return issueRefreshable(ports, await readUsableKey(ports, client, 'invalid_client'), requested, terms);
    },
    async findChain(context, refreshToken) {
      const { grant, key } = await findChain(ports, context, refreshToken);
      const { keyId, credentialId, scopes, expiresAt } = grant;
      return { keyId, credentialId, scopes, expiresAt, record: key.record };
    },
    refresh: async (context, refreshToken, scope) => refresh(ports, context, refreshToken, readScope(scope)),
    introspect: async (client, token, addresses = noAddresses) =>
      (await introspectKey(ports, client, token, addresses)) ??
      (await introspectAccess(ports, client, token, addresses)) ??
      introspectRefresh(ports, client, token),
    async revoke(client, context, token) {
      const access = await readRevocableToken(ports, token);
      if (access !== null) return isIssuedTo(client, access) ? revokeToken(ports, context, access) : null;
      const found = await findGrant(ports, token);
      if (found !== null)
        return isIssuedTo(client, found.grant) ? revokeChain(ports, context, found.grant) : null;
      const parsed = ports.refreshFormat.parse(token);
      if (parsed === null) return null;
      // Of a chain whose row was removed, access tokens may still live.
      return isRefreshSecret(ports.digester, parsed.id, parsed.secret)
        ? revokeChain(ports, context, { id: parsed.id, keyId: client.keyId })
        : confirmRevokedChain(ports, context, parsed.id);
    },
    publicKeys: () => ports.signingKeys.listPublic(),
  };
}

/**
 * A key is introspected as a request with it would be decided, except for limits and credits, which a gateway counts by
 * itself. Keys of others are verified only for a client that may introspect them, so that no other learns anything.
 */
async function introspectKey(
  ports: TokenPorts,
  client: Introspector,
  token: string,
  { address, callerAddress }: IntrospectionAddresses,
): Promise<Introspected | null> {
  const keyId = ports.keyspace.format.parse(token)?.id;
  if (keyId === undefined) return null;
  const isOwn = keyId === client.keyId;
  if (!isOwn && !mayIntrospectAll(ports, client)) return null;
  // A gateway does not learn what a key of another is bound to, so that a bound one is inactive for it.
  const verdict = await ports.keyVerifier.verify(
    isOwn
      ? { ...toVerification(ports, token, address), allowsBinding: allowEveryBinding }
      : toVerification(ports, token, callerAddress),
  );
  if (!verdict.allowed) return null;
  const { id, ownerId, scopes, expiresAt } = verdict.apiKey;
  return {
    kind: 'api_key',
    id,
    keyId: id,
    ownerId,
    scopes,
    resource: null,
    issuedAt: null,
    expiresAt: expiresAt?.getTime() ?? null,
  };
}

function mayIntrospectAll(
  { keyspace: { catalogue }, policy }: Pick<TokenPorts, 'keyspace' | 'policy'>,
  { apiKey }: Introspector,
): boolean {
  const { introspectionScope } = policy;
  if (introspectionScope === null || apiKey === undefined) return false;
  return catalogue.expand(apiKey.scopes).has(introspectionScope);
}

function toVerification(
  { keyspace }: Pick<TokenPorts, 'keyspace'>,
  token: string,
  address: string | null,
): VerificationRequest {
  return { token, keyspace, requirement: noScope, cost: 0, address: () => address };
}

/** A token is disclosed only to the key that it was issued to, not to other keys of its owner. */
function isIssuedTo({ keyId }: Pick<Client, 'keyId'>, token: { readonly keyId: string }): boolean {
  return token.keyId === keyId;
}

function readScope(scope: string | undefined): readonly string[] | undefined {
  if (scope === undefined) return undefined;
  const names = parseScopeParameter(scope);
  if (names === null) {
    throw new TokenError('invalid_scope', 'Separate scopes with single spaces, or omit scope.');
  }
  return names;
}

async function introspectAccess(
  ports: TokenPorts,
  client: Introspector,
  token: string,
  { callerAddress }: IntrospectionAddresses,
): Promise<Introspected | null> {
  const access: AccessToken | null = await readToken(ports, token);
  if (access === null || access.expiresAt <= ports.clock.now()) return null;
  if (!isIssuedTo(client, access)) {
    if (!mayIntrospectAll(ports, client)) return null;
    // Only what a request decides on is active for a gateway: the addresses of the key and of the token, too.
    const verdict = await ports.tokenVerifier.verify({
      ...toVerification(ports, token, callerAddress),
      resource: access.resource ?? undefined,
    });
    if (!verdict.allowed) return null;
  }
  const key = await tryReadUsableKey(ports, access);
  if (key === null || (await isTokenRevoked(ports.store.tokens, access))) return null;
  return {
    kind: 'access_token',
    ...access,
    expiresAt: Math.min(access.expiresAt, getExpiry(key)),
    scopes: findCommonScopes(access.scopes, key.record.scopes, ports.keyspace.catalogue),
  };
}

async function introspectRefresh(
  ports: TokenPorts,
  client: Pick<Client, 'keyId'>,
  token: string,
): Promise<Introspected | null> {
  const found = await findGrant(ports, token);
  if (found === null || !isIssuedTo(client, found.grant) || found.grant.digest !== found.digest) return null;
  const { grant } = found;
  if (await ports.store.tokens.isRevoked(grant.id)) return null;
  const key = grant.expiresAt <= ports.clock.now() ? null : await tryReadUsableKey(ports, grant);
  if (key === null) return null;
  const { id, keyId } = grant;
  const scopes = findCommonScopes(grant.scopes, key.record.scopes, ports.keyspace.catalogue);
  return {
    kind: 'refresh_token',
    id,
    keyId,
    ownerId: key.record.ownerId,
    scopes,
    resource: null,
    issuedAt: null,
    expiresAt: Math.min(grant.expiresAt, getExpiry(key)),
  };
}

async function tryReadUsableKey(
  ports: TokenPorts,
  token: { readonly keyId: string; readonly credentialId: string },
): Promise<UsableKey | null> {
  try {
    return await readUsableKey(ports, token, 'invalid_grant');
  } catch (error) {
    if (error instanceof TokenError) return null;
    throw error;
  }
}
