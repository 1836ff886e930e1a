import { isOfKeyspace, type Keyspaces, type TokenOfKeyspace } from '../domain/keyspaces.js';
import type { Refusal, RefusalCode, Verdict } from '../domain/verdict.js';
import type { Lease } from '../feed/lease.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import { createAcceptor, hashToken, type AcceptPorts } from './accept-proof.js';
import { createDecider, type RequestToDecide } from './decide-request.js';
import type { KeyFinder } from './find-key.js';
import { matchDigest, needsSlowMatch, type CredentialMatch } from './match-credential.js';
import { matchWithoutPepper } from './match-lost-pepper.js';
import { noteSource } from './note-source.js';
import type { PreparedKey } from './prepared-key.js';

/** What verification consults and records. */
export interface VerifyPorts extends AcceptPorts {
  readonly finder: KeyFinder;
  readonly lease: Lease;
  readonly digester: SecretDigester;
  readonly hasher: SecretHasher;
  readonly keyspaces: Keyspaces;
}

/** One request to authenticate. */
export interface VerificationRequest extends RequestToDecide {
  readonly token: string;
  /** The resource that is requested. An access token for a single other one is refused. Default: none in particular. */
  readonly resource?: string | undefined;
}

/** Decides about requests. */
export interface ApiKeyVerifier {
  /**
   * Decides from the local cache, or returns `null` when the key has to be read: then {@link verify} decides. Returns
   * a promise when the request has to be counted or paid for elsewhere. Throws and rejects as `verify` does.
   */
  verifyAtOnce(request: VerificationRequest): Verdict | Promise<Verdict> | null;
  /** Rejects with ApiKeysError `unavailable` when the store does not respond. */
  verify(request: VerificationRequest): Promise<Verdict>;
}

/** Creates the verifier. Everything that can change between two requests is decided for each of them. */
export function createVerifier(ports: VerifyPorts): ApiKeyVerifier {
  const { keyspaces, finder, local, lease, clock, digester } = ports;
  const decide = createDecider(ports);
  const accept = createAcceptor(ports, decide);

  /** Compares a secret with the digests of a key; costs the same when there is no such key. */
  function match(prepared: PreparedKey | null, token: TokenOfKeyspace): CredentialMatch | null {
    return matchDigest(digester, prepared?.key ?? null, token.keyspace.environment, token);
  }

  function verifyAtOnce(request: VerificationRequest): Verdict | Promise<Verdict> | null {
    const { token } = request;
    if (!keyspaces.mayBeToken(token)) return refuse('invalid_token');
    const now = clock.now();
    const hasLease = lease.isHeld(now);
    if (hasLease && local !== null) {
      const proven = local.findByToken(hashToken(token), now);
      if (proven !== undefined) {
        return decide(proven.entry.prepared, proven.credential, proven.entry.uses, request, now);
      }
    }
    const parsed = keyspaces.parse(token);
    if (parsed === null) return refuse('invalid_token');
    if (hasLease) return verifyUnproven(parsed, request, now);
    // Other processes may have stopped waiting for this one, so its cache is no longer valid.
    local?.forgetAll();
    return null;
  }

  /** Verifies a token that was not authenticated before, of a key that is cached or known to be absent. */
  function verifyUnproven(
    parsed: TokenOfKeyspace,
    request: VerificationRequest,
    now: number,
  ): Verdict | Promise<Verdict> | null {
    const prepared = local?.findById(parsed.id, now);
    if (prepared === undefined) {
      if (!finder.isKnownAbsent(parsed.id)) return null;
      match(null, parsed);
      return refuse('invalid_token');
    }
    const candidate = isOfKeyspace(parsed.keyspace, prepared.key) ? prepared : null;
    const found = match(candidate, parsed);
    if (candidate !== null && found !== null) return accept(candidate, found, request);
    if (candidate !== null && needsSlowMatch(digester, candidate.key)) return null;
    return refuse('invalid_token');
  }

  async function verify(request: VerificationRequest): Promise<Verdict> {
    const parsed = keyspaces.parse(request.token);
    if (parsed === null) return refuse('invalid_token');

    const prepared = await finder.find(parsed.id);
    noteSource(request.trace, prepared);
    const candidate = prepared !== null && isOfKeyspace(parsed.keyspace, prepared.key) ? prepared : null;
    const found = match(candidate, parsed);
    if (candidate === null) return refuse('invalid_token');
    if (found !== null) return accept(candidate, found, request);
    if (!needsSlowMatch(digester, candidate.key)) return refuse('invalid_token');
    noteSource(request.trace, null);
    const proven = await matchWithoutPepper(ports, parsed);
    return proven === null ? refuse('invalid_token') : accept(proven.prepared, proven.match, request);
  }

  return { verifyAtOnce, verify };
}

function refuse(code: RefusalCode, details: Omit<Refusal, 'allowed' | 'code'> = {}): Refusal {
  return { allowed: false, code, ...details };
}
