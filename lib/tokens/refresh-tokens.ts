import { createHash } from 'node:crypto';
import type { ParsedToken } from '../domain/key-format.js';
import { narrowScopes } from '../domain/token-scope.js';
import { problems } from '../errors.js';
import type { ChangeContext } from '../manage/change.js';
import type { RefreshGrant } from '../ports/token-store.js';
import { issueToken, type IssuedToken } from './issue-token.js';
import { limitConnections, unnamedSession } from './limit-connections.js';
import { limitSessions, type SessionLimit } from './limit-sessions.js';
import { isRefreshSecret, createRefreshSecret } from './refresh-secret.js';
import { revokeChain } from './revoke-chain.js';
import { TokenError, type TokenErrorDetails } from './token-error.js';
import type { TokenPorts } from './token-ports.js';
import { readUsableKey, type UsableKey } from './read-usable-key.js';

/** An access token and the single-use refresh token for the next one. */
export interface RefreshableToken extends IssuedToken {
  readonly refreshToken: string;
  /** The chain of refresh tokens; no secret. */
  readonly chainId: string;
  /** When all processes refuse the tokens of revoked surplus sessions, epoch milliseconds; `null` when they already do. */
  readonly effectiveBy: number | null;
}

/** The terms of a new chain. */
export interface ChainTerms {
  /** Makes the chain a session, with the limit on sessions of its key. Default: not a session. */
  readonly session?: SessionLimit;
  /** The latest expiry of the chain, epoch milliseconds. Default: the configured lifetime. */
  readonly endsBy?: number;
}

/** Issues an access token and starts a chain of refresh tokens. */
export async function issueRefreshable(
  ports: TokenPorts,
  key: UsableKey,
  requested: readonly string[] | undefined,
  { session, endsBy = Infinity }: ChainTerms = {},
): Promise<RefreshableToken> {
  const { store, random, digester, clock, policy, refreshFormat } = ports;
  const id = random.base62(16);
  const issued = await issueToken(ports, key, requested, { grantId: id });
  const secret = createRefreshSecret(digester, random, id);
  const now = clock.now();
  const grant: RefreshGrant = {
    id,
    keyId: key.record.id,
    credentialId: key.credential.id,
    scopes: issued.scopes,
    session: session?.name ?? unnamedSession,
    expiresAt: Math.min(now + policy.refreshLifetimeSeconds * 1000, endsBy),
    digest: digestSecret(secret),
  };
  // It may have been revoked since it was read, and its owner erased.
  if (!(await store.tokens.refreshGrants.add(grant))) {
    const { id: keyId, ownerId } = key.record;
    throw new TokenError('invalid_client', problems.key_revoked.detail, { keyId, ownerId });
  }
  if (session === undefined) await limitConnections(ports, grant);
  const effectiveBy = session === undefined ? null : await limitSessions(ports, grant, session);
  return { ...issued, refreshToken: refreshFormat.compose(id, secret), chainId: id, effectiveBy };
}

/**
 * Exchanges a refresh token, which is then used up, for the next two tokens. Reuse means that the token was stolen: the whole
 * chain is revoked, with every access token that belongs to it (RFC 9700 section 4.14.2).
 *
 * @param requested - a subset of the scopes of the first token of the chain; absent: all of them
 * @throws TokenError `invalid_grant` or `invalid_scope`
 */
export async function refresh(
  ports: TokenPorts,
  context: ChangeContext,
  token: string,
  requested: readonly string[] | undefined,
): Promise<RefreshableToken> {
  const { store, random, digester, keyspace, refreshFormat } = ports;
  const { grant, digest, key } = await findChain(ports, context, token);
  const within = narrowScopes(requested, grant.scopes, keyspace.catalogue);
  if (within === null) {
    throw new TokenError('invalid_scope', 'Request scopes of the first token, or omit scope.');
  }
  // Scopes that the key has lost since are lost to the chain as well.
  const wanted =
    requested === undefined
      ? keepGrantedScopes(grant.scopes, key, ports)
      : keepTerms(requested, grant, ports);
  const issued = await issueToken(ports, key, wanted, { grantId: grant.id });
  const secret = createRefreshSecret(digester, random, grant.id);
  const isReplaced = await store.tokens.refreshGrants.replace(grant.id, digest, digestSecret(secret));
  if (!isReplaced) return revokeReusedChain(ports, context, grant);
  const refreshToken = refreshFormat.compose(grant.id, secret);
  return { ...issued, refreshToken, chainId: grant.id, effectiveBy: null };
}

/** A chain and the key that it was started for. */
export interface ChainWithKey extends FoundGrant {
  readonly key: UsableKey;
}

/**
 * The chain of a valid refresh token, without using the token up. A reused token revokes the chain.
 *
 * @throws TokenError `invalid_grant`
 */
export async function findChain(
  ports: TokenPorts,
  context: ChangeContext,
  token: string,
): Promise<ChainWithKey> {
  const { grant, digest } = await requireGrant(ports, token);
  if (grant.digest !== digest) return revokeReusedChain(ports, context, grant);
  // A store may keep the row of a chain that was revoked.
  if (await ports.store.tokens.isRevoked(grant.id)) return revokeReusedChain(ports, context, grant);
  if (grant.expiresAt <= ports.clock.now()) throw createInvalidGrantError();
  return { grant, digest, key: await readUsableKey(ports, grant, 'invalid_grant') };
}

/** The chain that a refresh token belongs to. */
export interface FoundGrant {
  readonly grant: RefreshGrant;
  /** Of the presented token. */
  readonly digest: string;
}

/** The chain of a refresh token; `null` when it is malformed, was never issued, or its chain is gone. */
export async function findGrant(
  { store, digester, refreshFormat }: Pick<TokenPorts, 'store' | 'digester' | 'refreshFormat'>,
  token: string,
): Promise<FoundGrant | null> {
  const parsed: ParsedToken | null = refreshFormat.parse(token);
  const grant = parsed === null ? null : await store.tokens.refreshGrants.find(parsed.id);
  if (parsed === null || grant === null) return null;
  const digest = digestSecret(parsed.secret);
  // Knowing the id of a chain must not be enough to revoke it.
  const wasIssued = digest === grant.digest || isRefreshSecret(digester, grant.id, parsed.secret);
  return wasIssued ? { grant, digest } : null;
}

async function requireGrant(ports: TokenPorts, token: string): Promise<FoundGrant> {
  const found = await findGrant(ports, token);
  if (found === null) throw createInvalidGrantError();
  return found;
}

async function revokeReusedChain(
  ports: TokenPorts,
  context: ChangeContext,
  grant: RefreshGrant,
): Promise<never> {
  await revokeChain(ports, context, grant);
  // Whose key it is only matters to the access log.
  const key = await ports.store.find(grant.keyId).catch(() => null);
  throw createInvalidGrantError({ keyId: grant.keyId, ownerId: key?.ownerId });
}

function keepGrantedScopes(
  scopes: readonly string[],
  { record }: UsableKey,
  { keyspace }: TokenPorts,
): readonly string[] {
  return scopes.filter((scope) => narrowScopes([scope], record.scopes, keyspace.catalogue) !== null);
}

/** The terms of a chain (addresses, lifetime) stay as they were issued, whatever a later request asks for. */
function keepTerms(
  requested: readonly string[],
  { scopes }: Pick<RefreshGrant, 'scopes'>,
  { keyspace }: TokenPorts,
): readonly string[] {
  const { tokenTerms } = keyspace.catalogue;
  if (tokenTerms === undefined) return requested;
  return [
    ...requested.filter((item) => !tokenTerms.has(item)),
    ...scopes.filter((item) => tokenTerms.has(item)),
  ];
}

/** 160 random bits need no salt and no pepper. */
function digestSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function createInvalidGrantError(details?: TokenErrorDetails): TokenError {
  const message = 'The refresh token is invalid, was used before, or has expired.';
  return new TokenError('invalid_grant', message, details);
}
