import type { VerifiableKey } from '../domain/api-key.js';
import type { VerifiableCredential } from '../domain/credential.js';
import { idleDetail } from '../domain/idle-detail.js';
import { isPastIdleEnd } from '../domain/key-lifetime.js';
import { hasExpired } from '../domain/key-state.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { AllowsBinding } from '../domain/named-resources.js';
import { findInactiveAncestor } from '../domain/inactive-ancestor.js';
import { isMet, listMissingScopes, type ScopeRequirement } from '../domain/scope-requirement.js';
import type { Allowed, Refusal, RefusalCode, Verdict } from '../domain/verdict.js';
import type { GraceStarter } from '../ports/grace-starter.js';
import type { DecisionTrace } from '../ports/verification-observer.js';
import { checkState } from './check-state.js';
import type { ConsumeLimits } from './consume-limits.js';
import type { GetLimitPlan, LimitPlan } from './limit-plan.js';
import type { PreparedKey } from './prepared-key.js';
import type { UseCounter, UseRecorder } from './record-use.js';

/** What a decision consults and records. */
export interface DecisionPorts {
  readonly uses: UseRecorder;
  readonly graces: GraceStarter;
  readonly getLimitPlan: GetLimitPlan;
  readonly consumeLimits: ConsumeLimits;
}

/** What a request must satisfy, however it authenticates its key. */
export interface RequestToDecide {
  /** The only keyspace whose keys are accepted; keys of others are treated as unknown. Default: any. */
  readonly keyspace?: Pick<Keyspace, 'name' | 'catalogue'> | undefined;
  /** The scope of that keyspace that the key must have. Default: none. */
  readonly keyspaceScope?: string | undefined;
  readonly requirement: ScopeRequirement;
  /** The feature that the key must have; `undefined` for none. */
  readonly feature?: string | undefined;
  /**
   * Whether a key that is bound to single resources may be used for the request; called for every authenticated key. Default:
   * only keys that are bound to nothing are allowed.
   */
  readonly allowsBinding?: AllowsBinding | undefined;
  /** How much the request takes from limits and credits. With 0 they are not checked. */
  readonly cost: number;
  /** Whether the request is only checked, and will be decided later: nothing is consumed, and only the scopes that it needs are recorded. */
  readonly isProbe?: boolean | undefined;
  /** Where it is noted what the decision took; absent unless somebody observes it. */
  readonly trace?: DecisionTrace | undefined;
  /**
   * The caller's address in canonical form, `null` when it is not known for certain.
   *
   * @param purpose - `decide` when the request is refused without it, so that the reason why it is unknown is logged;
   * otherwise it is only recorded
   */
  readonly address: (purpose?: 'decide') => string | null;
}

/** A key, or the part of its rights that a token carries. */
export type Subject = Pick<
  PreparedKey,
  | 'key'
  | 'grantedScopes'
  | 'losesScope'
  | 'losesFeature'
  | 'losesBinding'
  | 'limitsAddresses'
  | 'allowsAddress'
  | 'allowedBy'
>;

/** Decides about a request whose key has been authenticated, by the present state of the key. */
export type DecideRequest = (
  subject: Subject,
  credential: VerifiableCredential,
  counter: UseCounter,
  request: RequestToDecide,
  now: number,
) => Verdict | Promise<Verdict>;

/**
 * The refusal of a request with an authenticated key, before anything of the key is consumed or counted; `null` when
 * only its limits and credits can still refuse it. What can be used once is consumed after this.
 */
export function findRefusal(
  subject: Subject,
  credential: VerifiableCredential,
  request: RequestToDecide,
  now: number,
): Refusal | null {
  const { key } = subject;
  const { keyspace, keyspaceScope, requirement, feature, allowsBinding = isUnbound } = request;

  if (isElsewhere(subject, request)) return refuseKey(key, 'invalid_token');
  const stateRefusal = checkState(key, credential, now);
  if (stateRefusal !== null) return refuseKey(key, stateRefusal, describeState(key, stateRefusal, now));
  if (subject.limitsAddresses && !subject.allowsAddress(request.address('decide'))) {
    return refuseKey(key, 'address_not_allowed');
  }
  if (!isMet(requirement, subject.grantedScopes)) {
    const missing = listMissingScopes(requirement, subject.grantedScopes);
    const lost = missing.filter((scope) => subject.losesScope(scope));
    return refuseKey(key, 'insufficient_scope', {
      ...(lost.length === 0 ? {} : { detail: describeLoss(key, lost.join(', ')) }),
      requiredScopes: requirement.scopes,
      missingScopes: missing,
    });
  }
  if (keyspace !== undefined && keyspaceScope !== undefined) {
    const { scopes } = subject.allowedBy(credential).apiKey;
    if (!keyspace.catalogue.covers(scopes, keyspaceScope)) {
      return refuseKey(key, 'insufficient_scope', { detail: `This needs ${keyspaceScope}.` });
    }
  }
  if (feature !== undefined && !key.features.includes(feature)) {
    const detail = subject.losesFeature(feature) ? { detail: describeLoss(key, feature) } : {};
    return refuseKey(key, 'feature_not_enabled', { ...detail, requiredFeature: feature });
  }
  if (!allowsBinding(key.resources)) {
    const isLost = subject.losesBinding(allowsBinding);
    return refuseKey(key, 'resource_not_allowed', isLost ? { detail: describeLostResource(key) } : {});
  }
  return null;
}

function refuseKey(
  { id: keyId, ownerId }: VerifiableKey,
  code: RefusalCode,
  details: Omit<Refusal, 'allowed' | 'code' | 'keyId' | 'ownerId'> = {},
): Refusal {
  return { ...details, allowed: false, code, keyId, ownerId };
}

/** Why a key is in the state that it is in, where its code alone does not tell. */
function describeState(
  key: VerifiableKey,
  code: RefusalCode,
  now: number,
): Pick<Refusal, 'detail' | 'reason'> {
  const above = findInactiveAncestor(key, now)?.state ?? null;
  const reason = code === 'key_expired' && !hasExpired(key, now) ? { reason: 'idle' as const } : {};
  if (above !== null && code === (above === 'removed' ? 'key_disabled' : `key_${above}`))
    return { ...reason, detail: parentDetails[above] };
  return reason.reason === undefined ? {} : { ...reason, detail: idleDetail };
}

const parentDetails = {
  revoked: 'A key above this API key, which it was made with, was revoked.',
  disabled: 'A key above this API key, which it was made with, is disabled.',
  expired: 'A key above this API key, which it was made with, has expired.',
  removed: 'A key above this API key, which it was made with, has ended and was removed.',
} as const;

const isUnbound: AllowsBinding = (binding) => binding === null;

/** Only for callers who have proven the secret. */
function describeLoss(key: VerifiableKey, names: string): string {
  return `The API key has ${names}, but ${describeBounds(key)} does not include it.`;
}

function describeLostResource(key: VerifiableKey): string {
  return `The API key is not bound to other resources, but ${describeBounds(key)} does not include what this request is about.`;
}

function describeBounds({ parentId }: VerifiableKey): string {
  return parentId === null ? 'the plan of its owner' : 'its parent or the plan of its owner';
}

function isElsewhere({ key }: Subject, { keyspace }: RequestToDecide): boolean {
  return keyspace !== undefined && key.keyspace !== keyspace.name;
}

/** Creates the last steps, which are the same for keys, tokens and signatures. */
export function createDecider(ports: DecisionPorts): DecideRequest {
  const { uses, graces, getLimitPlan, consumeLimits } = ports;

  /** Refuses a request with a valid secret, and records the refusal. */
  function refuse({ ownerId }: VerifiableKey, counter: UseCounter, refusal: Refusal, now: number): Refusal {
    uses.recordRefusal(counter, refusal.code, now);
    return { ...refusal, ownerId };
  }

  /** The last steps, however the key was found. */
  function decide(
    subject: Subject,
    credential: VerifiableCredential,
    counter: UseCounter,
    request: RequestToDecide,
    now: number,
  ): Verdict | Promise<Verdict> {
    const { key } = subject;
    const refusal = findRefusal(subject, credential, request, now);
    // A key of another keyspace is not revealed, not even by its own counts.
    if (refusal !== null && isElsewhere(subject, request)) return refusal;
    if (refusal !== null) return refuse(key, counter, refusal, now);
    const allowed = subject.allowedBy(credential);
    if (request.isProbe === true) {
      counter.parts.note(key, credential, request);
      return allowed;
    }
    const plan = getLimitPlan(key);
    return plan === null || request.cost === 0
      ? allow(allowed, credential, counter, request, now, key)
      : consume(plan, allowed, credential, counter, request, now, key);
  }

  /** Counts and pays the request. Apart from {@link decide}, which most requests leave without a closure. */
  function consume(
    plan: LimitPlan,
    allowed: Allowed,
    credential: VerifiableCredential,
    counter: UseCounter,
    request: RequestToDecide,
    now: number,
    key: VerifiableKey,
  ): Verdict | Promise<Verdict> {
    const { cost } = request;
    const settle = (verdict: Verdict): Verdict =>
      verdict.allowed
        ? allow(verdict, credential, counter, request, now, key)
        : refuse(key, counter, verdict, now);
    const { trace } = request;
    const consumption = { keyId: key.id, plan, cost, allowed };
    const verdict =
      trace === undefined ? consumeLimits(consumption) : trace.wait(() => consumeLimits(consumption));
    return verdict instanceof Promise ? verdict.then(settle) : settle(verdict);
  }

  /** Allows the request and records the use. */
  function allow(
    allowed: Allowed,
    credential: VerifiableCredential,
    counter: UseCounter,
    request: RequestToDecide,
    now: number,
    key: VerifiableKey,
  ): Allowed {
    const { address } = request;
    if (!isPastIdleEnd(key, now)) {
      uses.record(counter, now, address);
      counter.parts.note(key, credential, request);
    }
    if (credential.graceFromFirstUseSeconds !== null) {
      graces.start({ keyId: counter.keyId, credentialId: credential.id, address: address(), at: now });
    }
    return allowed;
  }

  return decide;
}
