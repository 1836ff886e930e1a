import { hash } from 'node:crypto';
import type { VerifiableKey } from '../domain/api-key.js';
import type { VerifiableCredential } from '../domain/credential.js';
import type { ParsedToken } from '../domain/key-format.js';
import type { Keyspace } from '../domain/keyspace.js';
import { isMet, missingScopes, type ScopeRequirement } from '../domain/scope-requirement.js';
import type { Allowed, Refusal, RefusalCode, Verdict } from '../domain/verdict.js';
import type { Lease } from '../feed/lease.js';
import type { Clock } from '../ports/clock.js';
import type { GraceStarter } from '../ports/grace-starter.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import { belongsTo } from './belongs-to.js';
import { checkState } from './check-state.js';
import type { ConsumeLimits } from './consume-limits.js';
import type { KeyFinder } from './find-key.js';
import type { LimitPlanOf } from './limit-plan.js';
import type { LocalCache } from './local-cache.js';
import { matchDigest, needsSlowMatch, type CredentialMatch } from './match-credential.js';
import { matchLostPepper } from './match-lost-pepper.js';
import type { MissingDigests } from './missing-digests.js';
import type { PreparedKey } from './prepared-key.js';
import type { UseCounter, UseRecorder } from './record-use.js';

/** What verification needs from outside. */
export interface VerifyPorts {
  readonly finder: KeyFinder;
  /** `null` when this process holds no keys. */
  readonly local: LocalCache | null;
  readonly lease: Lease;
  readonly digests: MissingDigests;
  readonly digester: SecretDigester;
  readonly hasher: SecretHasher;
  readonly uses: UseRecorder;
  readonly graces: GraceStarter;
  readonly limitPlanOf: LimitPlanOf;
  readonly consumeLimits: ConsumeLimits;
  readonly clock: Clock;
  readonly keyspace: Keyspace;
}

/** One request to be let in. */
export interface VerificationRequest {
  readonly token: string;
  readonly requirement: ScopeRequirement;
  /** A feature that the key must have; `undefined` for none. */
  readonly feature?: string | undefined;
  /** How much it takes from limits and credits; 0 for nothing, then they are not looked at. */
  readonly cost: number;
  /**
   * The caller's address in canonical form, `null` when it is not known for certain.
   *
   * @param purpose - `decide` when the request is refused without it, so that operators are told why it is not known;
   * else it is only written down
   */
  readonly address: (purpose?: 'decide') => string | null;
}

/** Decides about requests. */
export interface ApiKeyVerifier {
  /**
   * Decides with what this process holds, or returns `null` when somebody has to be asked about the key: then
   * {@link verify} decides. A promise when the request has to be counted or paid for elsewhere. Throws and rejects as
   * `verify` does.
   */
  verifyAtOnce(request: VerificationRequest): Verdict | Promise<Verdict> | null;
  /** Rejects with ApiKeysError `unavailable` when the store does not answer. */
  verify(request: VerificationRequest): Promise<Verdict>;
}

/** Verification, step by step. Everything that can change between two requests is decided in each of them. */
export function createVerifier(ports: VerifyPorts): ApiKeyVerifier {
  const { keyspace, finder, local, lease, clock, uses, graces, digests, digester } = ports;
  const { limitPlanOf, consumeLimits } = ports;
  const { format, environment } = keyspace;

  /** Refuses a request whose secret was right. */
  function turnAway(
    { id: keyId, ownerId }: VerifiableKey,
    counter: UseCounter,
    code: RefusalCode,
    now: number,
    details: Omit<Refusal, 'allowed' | 'code' | 'keyId' | 'ownerId'> = {},
  ): Refusal {
    uses.recordRefusal(counter, code, now);
    return { ...details, allowed: false, code, keyId, ownerId };
  }

  /** The last steps, for whichever way the key was found. */
  function decide(
    prepared: PreparedKey,
    credential: VerifiableCredential,
    counter: UseCounter,
    request: VerificationRequest,
    now: number,
  ): Verdict | Promise<Verdict> {
    const { key } = prepared;
    const { requirement, feature, cost, address } = request;
    const stateRefusal = checkState(key, credential, now);
    if (stateRefusal !== null) return turnAway(key, counter, stateRefusal, now);

    if (key.ipAllowlist !== null && !prepared.allowsAddress(address('decide'))) {
      return turnAway(key, counter, 'address_not_allowed', now);
    }
    if (!isMet(requirement, prepared.heldScopes)) {
      return turnAway(key, counter, 'insufficient_scope', now, {
        requiredScopes: requirement.scopes,
        missingScopes: missingScopes(requirement, prepared.heldScopes),
      });
    }
    if (feature !== undefined && !key.features.includes(feature)) {
      return turnAway(key, counter, 'feature_not_enabled', now, { requiredFeature: feature });
    }
    const allowed = prepared.allowedBy(credential);
    const plan = limitPlanOf(key);
    if (plan === null || cost === 0) return letIn(allowed, credential, counter, request, now);

    const settle = (verdict: Verdict): Verdict =>
      verdict.allowed
        ? letIn(verdict, credential, counter, request, now)
        : turnAway(key, counter, verdict.code, now, verdict);
    const verdict = consumeLimits({ keyId: key.id, plan, cost, allowed });
    return verdict instanceof Promise ? verdict.then(settle) : settle(verdict);
  }

  /** Nothing speaks against the request: what is worth remembering of that. */
  function letIn(
    allowed: Allowed,
    credential: VerifiableCredential,
    counter: UseCounter,
    { address }: VerificationRequest,
    now: number,
  ): Allowed {
    uses.record(counter, now, address);
    if (credential.graceFromFirstUseSeconds !== null) {
      graces.start({ keyId: counter.keyId, credentialId: credential.id, address: address(), at: now });
    }
    return allowed;
  }

  /** The secret was right: what is worth remembering of that, and the decision. */
  function accept(
    prepared: PreparedKey,
    { credential, missingDigest }: CredentialMatch,
    request: VerificationRequest,
  ): Verdict | Promise<Verdict> {
    if (missingDigest !== null) digests.add(prepared.key.id, credential.id, missingDigest);
    local?.prove(prepared, digestOf(request.token), credential);
    // The slow hash may have taken its time: what counts is now.
    return decide(prepared, credential, uses.counterFor(prepared.key.id), request, clock.now());
  }

  /** Compares a secret with the digests of a key; costs the same when there is no such key. */
  function match(prepared: PreparedKey | null, token: ParsedToken): CredentialMatch | null {
    return matchDigest(digester, prepared?.key ?? null, environment, token);
  }

  function verifyAtOnce(request: VerificationRequest): Verdict | Promise<Verdict> | null {
    const { token } = request;
    if (token.length !== format.length) return refuse('invalid_token');
    const now = clock.now();
    const isHeld = lease.isHeld(now);
    if (isHeld && local !== null) {
      const proven = local.findByToken(digestOf(token), now);
      if (proven !== undefined) {
        return decide(proven.held.prepared, proven.credential, proven.held.uses, request, now);
      }
    }
    const parsed = format.parse(token);
    if (parsed === null) return refuse('invalid_token');
    if (isHeld) return verifyUnproven(parsed, request, now);
    // Others may have stopped waiting for this process: what it holds is worth nothing any more.
    local?.forgetAll();
    return null;
  }

  /** A token that was not proven yet, of a key that is held or known not to be there. */
  function verifyUnproven(
    parsed: ParsedToken,
    request: VerificationRequest,
    now: number,
  ): Verdict | Promise<Verdict> | null {
    const prepared = local?.findById(parsed.id, now);
    if (prepared === undefined) {
      if (!finder.isKnownAbsent(parsed.id)) return null;
      match(null, parsed);
      return refuse('invalid_token');
    }
    const candidate = belongsTo(keyspace, prepared.key) ? prepared : null;
    const found = match(candidate, parsed);
    if (candidate !== null && found !== null) return accept(candidate, found, request);
    if (candidate !== null && needsSlowMatch(digester, candidate.key)) return null;
    return refuse('invalid_token');
  }

  async function verify(request: VerificationRequest): Promise<Verdict> {
    const parsed = format.parse(request.token);
    if (parsed === null) return refuse('invalid_token');

    const prepared = await finder.find(parsed.id);
    const candidate = prepared !== null && belongsTo(keyspace, prepared.key) ? prepared : null;
    const found = match(candidate, parsed);
    if (candidate === null) return refuse('invalid_token');
    if (found !== null) return accept(candidate, found, request);
    if (!needsSlowMatch(digester, candidate.key)) return refuse('invalid_token');
    const proven = await matchLostPepper(ports, parsed);
    return proven === null ? refuse('invalid_token') : accept(proven.prepared, proven.match, request);
  }

  return { verifyAtOnce, verify };
}

/** By which proven tokens are found again: no token is kept. */
function digestOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

function refuse(code: RefusalCode, details: Omit<Refusal, 'allowed' | 'code'> = {}): Refusal {
  return { allowed: false, code, ...details };
}
