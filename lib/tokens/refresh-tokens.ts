import { createHash } from 'node:crypto';
import { secretLength, type ParsedToken } from '../domain/key-format.js';
import { narrowScopes } from '../domain/token-scope.js';
import type { ChangeContext } from '../manage/key-service.js';
import type { RefreshGrant } from '../ports/token-store.js';
import { issueToken, type IssuedToken } from './issue-token.js';
import { revokeToken } from './revoke-token.js';
import { TokenError, type TokenErrorDetails } from './token-error.js';
import type { TokenPorts } from './token-ports.js';
import { usableKey, type UsableKey } from './usable-key.js';

/** An access token, and the one token with which the next one can be had. */
export interface RefreshableToken extends IssuedToken {
  readonly refreshToken: string;
}

/** Gives an access token and begins a chain of refresh tokens. */
export async function issueRefreshable(
  ports: TokenPorts,
  key: UsableKey,
  requested: readonly string[] | undefined,
): Promise<RefreshableToken> {
  const { store, random, clock, policy, refreshFormat } = ports;
  const issued = await issueToken(ports, key, requested);
  const id = random.base62(16);
  const secret = random.base62(secretLength);
  const now = clock.now();
  await store.tokens.refreshGrants.add(
    {
      id,
      keyId: key.record.id,
      credentialId: key.credential.id,
      scopes: issued.scopes,
      expiresAt: now + policy.refreshLifetimeSeconds * 1000,
      ...tokenOf(secret, issued),
    },
    now,
  );
  return { ...issued, refreshToken: refreshFormat.compose(id, secret) };
}

/**
 * Uses a refresh token up, for the next two tokens. One that was used before has been copied by somebody: then the whole
 * chain ends, with the access token that came last (RFC 9700 section 4.14.2).
 *
 * @param requested - scopes of the first token of the chain; absent: all of them
 * @throws TokenError `invalid_grant` or `invalid_scope`
 */
export async function refresh(
  ports: TokenPorts,
  context: ChangeContext,
  token: string,
  requested: readonly string[] | undefined,
): Promise<RefreshableToken> {
  const { store, random, clock, keyspace, refreshFormat } = ports;
  const { grant, digest } = await grantOf(ports, token);
  if (grant.digest !== digest) return endChain(ports, context, grant);
  if (grant.expiresAt <= clock.now()) throw invalidGrant();

  const key = await usableKey(ports, grant, 'invalid_grant');
  const within = narrowScopes(requested, grant.scopes, keyspace.catalogue);
  if (within === null) {
    throw new TokenError('invalid_scope', 'Ask for scopes of the first token, or leave scope out.');
  }
  // What the key has lost since, the chain has lost as well.
  const issued = await issueToken(ports, key, requested ?? stillHeld(grant.scopes, key, ports));
  const secret = random.base62(secretLength);
  const isReplaced = await store.tokens.refreshGrants.replace(grant.id, digest, tokenOf(secret, issued));
  if (!isReplaced) return endChain(ports, context, grant);
  return { ...issued, refreshToken: refreshFormat.compose(grant.id, secret) };
}

/** The chain that a refresh token belongs to. */
export interface FoundGrant {
  readonly grant: RefreshGrant;
  /** Of the token that was shown. */
  readonly digest: string;
}

/** The chain of a refresh token; `null` for what is none, or whose chain has ended. */
export async function findGrant(
  { store, refreshFormat }: Pick<TokenPorts, 'store' | 'refreshFormat'>,
  token: string,
): Promise<FoundGrant | null> {
  const parsed: ParsedToken | null = refreshFormat.parse(token);
  const grant = parsed === null ? null : await store.tokens.refreshGrants.find(parsed.id);
  return parsed === null || grant === null ? null : { grant, digest: digestOf(parsed.secret) };
}

/** Ends the chain of a refresh token and takes its access token back; when that is sure is what it returns. */
export async function revokeChain(
  ports: TokenPorts,
  context: ChangeContext,
  id: string,
): Promise<number | null> {
  const { refreshGrants } = ports.store.tokens;
  const grant = await refreshGrants.find(id);
  if (grant === null) return null;
  // The token first: who repeats this after a failure must still find the chain.
  const effectiveBy = await revokeToken(ports, context, accessTokenOf(grant));
  const ended = await refreshGrants.remove(id);
  if (ended === null || ended.accessTokenId === grant.accessTokenId) return effectiveBy;
  return revokeToken(ports, context, accessTokenOf(ended));
}

function accessTokenOf(grant: RefreshGrant): { id: string; keyId: string; expiresAt: number } {
  return { id: grant.accessTokenId, keyId: grant.keyId, expiresAt: grant.accessTokenExpiresAt };
}

async function grantOf(ports: TokenPorts, token: string): Promise<FoundGrant> {
  const found = await findGrant(ports, token);
  if (found === null) throw invalidGrant();
  return found;
}

async function endChain(
  ports: TokenPorts,
  context: ChangeContext,
  { id, keyId }: Pick<RefreshGrant, 'id' | 'keyId'>,
): Promise<never> {
  await revokeChain(ports, context, id);
  throw invalidGrant({ keyId });
}

function stillHeld(
  scopes: readonly string[],
  { record }: UsableKey,
  { keyspace }: TokenPorts,
): readonly string[] {
  return scopes.filter((scope) => narrowScopes([scope], record.scopes, keyspace.catalogue) !== null);
}

function tokenOf(
  secret: string,
  { id, expiresAt }: IssuedToken,
): Pick<RefreshGrant, 'digest' | 'accessTokenId' | 'accessTokenExpiresAt'> {
  return { digest: digestOf(secret), accessTokenId: id, accessTokenExpiresAt: expiresAt };
}

/** 256 random bits need no salt and no pepper. */
function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function invalidGrant(details?: TokenErrorDetails): TokenError {
  const message = 'The refresh token is not valid, was used before, or has ended.';
  return new TokenError('invalid_grant', message, details);
}
