import { hash } from 'node:crypto';
import type { AccessToken } from '../domain/access-token.js';
import type { VerifiableKey } from '../domain/api-key.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { Refusal, Verdict } from '../domain/verdict.js';
import type { Lease } from '../feed/lease.js';
import type { KeyStore } from '../ports/key-store.js';
import { createDecider, type DecisionPorts } from '../verify/decide-request.js';
import { findCurrentKey } from '../verify/find-current-key.js';
import type { KeyFinder } from '../verify/find-key.js';
import type { CacheEntry, LocalCache } from '../verify/local-cache.js';
import { noteSource } from '../verify/note-source.js';
import type { PreparedKey } from '../verify/prepared-key.js';
import type { ApiKeyVerifier, VerificationRequest } from '../verify/verify-api-key.js';
import { isTokenRevoked } from './is-token-revoked.js';
import { ProvenTokens, type ProvenAccessToken } from './proven-tokens.js';
import { readToken, type ReadTokenPorts } from './read-token.js';
import { TokenSubject } from './token-subject.js';

/** The ports of access token verification. */
export interface VerifyTokenPorts extends DecisionPorts, ReadTokenPorts {
  readonly finder: KeyFinder;
  /** `null` when this process caches no keys. */
  readonly local: LocalCache | null;
  readonly lease: Lease;
  readonly store: Pick<KeyStore, 'tokens'>;
  readonly keyspaces: Pick<Keyspaces, 'homeOf'>;
}

/** Maximum number of verified tokens that a process caches. */
const maxProven = 10_000;

/**
 * Verifies access tokens. The claims of a token were true when it was issued; what counts is the current state of its key,
 * which is found and cached exactly as for requests with the key itself.
 */
export function createTokenVerifier(ports: VerifyTokenPorts): ApiKeyVerifier {
  const { local, lease, store, keyspaces, clock, uses } = ports;
  const decide = createDecider(ports);
  const provenTokens = new ProvenTokens(maxProven);

  function decideToken(
    { subject, credential, uses: counter }: ProvenAccessToken,
    request: VerificationRequest,
    now: number,
  ): Verdict | Promise<Verdict> {
    if (now >= subject.expiresAt)
      return refuseProven(subject.key, 'The access token has expired. Request another one.');
    if (subject.resource !== null && subject.resource !== request.resource) {
      return refuseProven(subject.key, 'The access token was issued for another resource.');
    }
    return decide(subject, credential, counter, request, now);
  }

  /** A token that this process has verified, if nothing has changed since. */
  function findCachedToken(token: string, now: number): ProvenAccessToken | undefined {
    const proven = provenTokens.get(digestToken(token));
    return proven !== undefined && isStillCached(proven, now) ? proven : undefined;
  }

  function isStillCached({ held: since }: ProvenAccessToken, now: number): boolean {
    return since !== undefined && local?.holds(since, now) === true;
  }

  function verifyAtOnce(request: VerificationRequest): Verdict | Promise<Verdict> | null {
    const now = clock.now();
    if (lease.isHeld(now)) {
      const proven = findCachedToken(request.token, now);
      if (proven !== undefined) return decideToken(proven, request, now);
    } else {
      local?.forgetAll();
    }
    // The signature of a token that is not cached must be checked, which `verify` does.
    return null;
  }

  async function verify(request: VerificationRequest): Promise<Verdict> {
    const token = await readToken(ports, request.token);
    if (token === null) return refuse();
    // The cached key is captured before the query for the token's revocation, so that no change can be missed by both. When
    // the key itself is read concurrently with that query, the token is accepted once and not cached.
    const held = findCachedKey(token.keyId);
    const [prepared, isRevoked] = await Promise.all([
      held?.prepared ?? findCurrentKey(ports, token.keyId),
      isTokenRevoked(store.tokens, token),
    ]);
    // Whether the token was revoked is read there in any case.
    noteSource(request.trace, null);
    const proven = prove(token, prepared, held);
    if (proven === null) return refuse();
    if (isRevoked) return refuseProven(proven.subject.key, 'The access token was revoked.');
    const now = clock.now();
    if (lease.isHeld(now) && isStillCached(proven, now)) provenTokens.add(digestToken(request.token), proven);
    return decideToken(proven, request, now);
  }

  function findCachedKey(keyId: string): CacheEntry | undefined {
    const now = clock.now();
    return lease.isHeld(now) ? local?.findEntry(keyId, now) : undefined;
  }

  /** The key and the credential that a token names, if they are those that it was issued for. */
  function prove(
    token: AccessToken,
    prepared: PreparedKey | null,
    held: CacheEntry | undefined,
  ): ProvenAccessToken | null {
    if (prepared === null || keyspaces.homeOf(prepared.key) === null) return null;
    const credential = prepared.key.credentials.find(({ id }) => id === token.credentialId);
    if (credential === undefined || prepared.key.ownerId !== token.ownerId) return null;
    const subject = new TokenSubject(prepared, token);
    return { subject, credential, uses: uses.counterFor(prepared.key), held };
  }

  return { verifyAtOnce, verify };
}

/** The cache key of a token: tokens themselves are not kept. */
function digestToken(token: string): string {
  return hash('sha256', token, 'base64url');
}

function refuse(): Refusal {
  return { allowed: false, code: 'invalid_token' };
}

/** The refusal of a token that was issued here: its holder may learn the reason. */
function refuseProven({ id: keyId, ownerId }: VerifiableKey, detail: string): Refusal {
  return { ...refuse(), detail, keyId, ownerId };
}
