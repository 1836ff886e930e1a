import type { VerifiableKey } from '../domain/api-key.js';
import type { VerifiableCredential } from '../domain/credential.js';
import { isMet, missingScopes, type ScopeRequirement } from '../domain/scope-requirement.js';
import type { Allowed, Refusal, RefusalCode, Verdict } from '../domain/verdict.js';
import type { GraceStarter } from '../ports/grace-starter.js';
import { checkState } from './check-state.js';
import type { ConsumeLimits } from './consume-limits.js';
import type { LimitPlanOf } from './limit-plan.js';
import type { PreparedKey } from './prepared-key.js';
import type { UseCounter, UseRecorder } from './record-use.js';

/** What deciding needs from outside. */
export interface DecisionPorts {
  readonly uses: UseRecorder;
  readonly graces: GraceStarter;
  readonly limitPlanOf: LimitPlanOf;
  readonly consumeLimits: ConsumeLimits;
}

/** What is asked of a request, however it proves its key. */
export interface RequestToDecide {
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

/** A key, or what a token gives of it. */
export type Subject = Pick<
  PreparedKey,
  'key' | 'heldScopes' | 'limitsAddresses' | 'allowsAddress' | 'allowedBy'
>;

/** Decides about a request whose key was proven, by the state of the key as it is now. */
export type DecideRequest = (
  subject: Subject,
  credential: VerifiableCredential,
  counter: UseCounter,
  request: RequestToDecide,
  now: number,
) => Verdict | Promise<Verdict>;

/** The last steps, which are the same for keys, tokens and signatures. */
export function createDecider(ports: DecisionPorts): DecideRequest {
  const { uses, graces, limitPlanOf, consumeLimits } = ports;

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
    subject: Subject,
    credential: VerifiableCredential,
    counter: UseCounter,
    request: RequestToDecide,
    now: number,
  ): Verdict | Promise<Verdict> {
    const { key } = subject;
    const { requirement, feature, cost, address } = request;
    const stateRefusal = checkState(key, credential, now);
    if (stateRefusal !== null) return turnAway(key, counter, stateRefusal, now);

    if (subject.limitsAddresses && !subject.allowsAddress(address('decide'))) {
      return turnAway(key, counter, 'address_not_allowed', now);
    }
    if (!isMet(requirement, subject.heldScopes)) {
      return turnAway(key, counter, 'insufficient_scope', now, {
        requiredScopes: requirement.scopes,
        missingScopes: missingScopes(requirement, subject.heldScopes),
      });
    }
    if (feature !== undefined && !key.features.includes(feature)) {
      return turnAway(key, counter, 'feature_not_enabled', now, { requiredFeature: feature });
    }
    const allowed = subject.allowedBy(credential);
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
    { address }: RequestToDecide,
    now: number,
  ): Allowed {
    uses.record(counter, now, address);
    if (credential.graceFromFirstUseSeconds !== null) {
      graces.start({ keyId: counter.keyId, credentialId: credential.id, address: address(), at: now });
    }
    return allowed;
  }

  return decide;
}
