import { createHash } from 'node:crypto';
import { maxTokenLifetimeSeconds } from '../domain/access-token.js';
import type { ParsedToken } from '../domain/key-format.js';
import { narrowScopes } from '../domain/token-scope.js';
import type { ChangeContext } from '../manage/key-service.js';
import type { RefreshGrant } from '../ports/token-store.js';
import { issueToken, type IssuedToken } from './issue-token.js';
import { isRefreshSecret, makeRefreshSecret } from './refresh-secret.js';
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
  const { store, random, digester, clock, policy, refreshFormat } = ports;
  const id = random.base62(16);
  const issued = await issueToken(ports, key, requested, id);
  const secret = makeRefreshSecret(digester, random, id);
  const now = clock.now();
  await store.tokens.refreshGrants.add(
    {
      id,
      keyId: key.record.id,
      credentialId: key.credential.id,
      scopes: issued.scopes,
      expiresAt: now + policy.refreshLifetimeSeconds * 1000,
      digest: digestOf(secret),
    },
    now,
  );
  return { ...issued, refreshToken: refreshFormat.compose(id, secret) };
}

/**
 * Uses a refresh token up, for the next two tokens. One that was used before has been copied by somebody: then the whole
 * chain ends, with every access token that came with it (RFC 9700 section 4.14.2).
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
  const { store, random, digester, clock, keyspace, refreshFormat } = ports;
  const { grant, digest } = await grantOf(ports, token);
  if (grant.digest !== digest) return endChain(ports, context, grant);
  if (grant.expiresAt <= clock.now()) throw invalidGrant();

  const key = await usableKey(ports, grant, 'invalid_grant');
  const within = narrowScopes(requested, grant.scopes, keyspace.catalogue);
  if (within === null) {
    throw new TokenError('invalid_scope', 'Ask for scopes of the first token, or leave scope out.');
  }
  // What the key has lost since, the chain has lost as well.
  const issued = await issueToken(ports, key, requested ?? stillHeld(grant.scopes, key, ports), grant.id);
  const secret = makeRefreshSecret(digester, random, grant.id);
  const isReplaced = await store.tokens.refreshGrants.replace(grant.id, digest, digestOf(secret));
  if (!isReplaced) return endChain(ports, context, grant);
  return { ...issued, refreshToken: refreshFormat.compose(grant.id, secret) };
}

/** The chain that a refresh token belongs to. */
export interface FoundGrant {
  readonly grant: RefreshGrant;
  /** Of the token that was shown. */
  readonly digest: string;
}

/** The chain of a refresh token; `null` for what is none, was never given, or whose chain has ended. */
export async function findGrant(
  { store, digester, refreshFormat }: Pick<TokenPorts, 'store' | 'digester' | 'refreshFormat'>,
  token: string,
): Promise<FoundGrant | null> {
  const parsed: ParsedToken | null = refreshFormat.parse(token);
  const grant = parsed === null ? null : await store.tokens.refreshGrants.find(parsed.id);
  if (parsed === null || grant === null) return null;
  const digest = digestOf(parsed.secret);
  // Whoever knows the id of a chain must not be able to end it.
  const wasGiven = digest === grant.digest || isRefreshSecret(digester, grant.id, parsed.secret);
  return wasGiven ? { grant, digest } : null;
}

/**
 * Ends a chain of refresh tokens and takes all its access tokens back; when that is sure is what it returns. One that is
 * given meanwhile names the chain as well.
 */
export async function revokeChain(
  ports: TokenPorts,
  context: ChangeContext,
  { id, keyId }: Pick<RefreshGrant, 'id' | 'keyId'>,
): Promise<number | null> {
  const expiresAt = ports.clock.now() + maxTokenLifetimeSeconds * 1000;
  // The tokens first: who repeats this after a failure must still find the chain.
  const effectiveBy = await revokeToken(ports, context, { id, keyId, expiresAt });
  await ports.store.tokens.refreshGrants.remove(id);
  return effectiveBy;
}

async function grantOf(ports: TokenPorts, token: string): Promise<FoundGrant> {
  const found = await findGrant(ports, token);
  if (found === null) throw invalidGrant();
  return found;
}

async function endChain(ports: TokenPorts, context: ChangeContext, grant: RefreshGrant): Promise<never> {
  await revokeChain(ports, context, grant);
  throw invalidGrant({ keyId: grant.keyId });
}

function stillHeld(
  scopes: readonly string[],
  { record }: UsableKey,
  { keyspace }: TokenPorts,
): readonly string[] {
  return scopes.filter((scope) => narrowScopes([scope], record.scopes, keyspace.catalogue) !== null);
}

/** 160 random bits need no salt and no pepper. */
function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function invalidGrant(details?: TokenErrorDetails): TokenError {
  const message = 'The refresh token is not valid, was used before, or has ended.';
  return new TokenError('invalid_grant', message, details);
}
