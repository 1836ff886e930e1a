import { listActorIds, type Actor } from '../../domain/actor.js';
import { createSecondFactorCodes } from '../../http/second-factor-codes.js';
import type { StepUpPorts } from '../../ports/step-up-ports.js';
import { maxCursorLength } from '../../ports/cursor-signer.js';
import type { DialectHost, DialectKeyspace } from '../dialect-host.js';
import { DeribitError } from './deribit-error.js';
import type { PrivateContext, PrivateMethod } from './deribit-method.js';
import type { SecondFactor } from './second-factor-option.js';

/** The response to a call without a code: not an error, and nothing was changed. */
export interface SecondFactorRequest {
  readonly security_keys: readonly { readonly type: 'tfa'; readonly name: 'tfa' }[];
  readonly security_key_authorization_required: true;
  readonly rp_id: string;
  readonly challenge: string;
}

/**
 * Requires a second factor where the method needs one.
 *
 * @returns `null` when it needs none, or the call has a right one, which is then used up
 * @throws DeribitError 13668, 12998 or 13904
 */
export type CheckSecondFactor = (
  context: PrivateContext,
  method: PrivateMethod,
) => Promise<SecondFactorRequest | null>;

/** Documented: a challenge is valid for one minute. */
const challengeMs = 60_000;

/** Builds the check for one router. A challenge is valid for one caller, one method and one key, and for one attempt. */
export function createCheckSecondFactor(
  { verify, rpId, methods }: SecondFactor,
  { clock }: DialectHost,
  keyspace: DialectKeyspace,
): CheckSecondFactor {
  const codes = createSecondFactorCodes(() => keyspace.stepUp().nonces, clock);

  return async function checkSecondFactor(context, { name: method, tfa }) {
    if (!(methods?.has(method) ?? tfa)) return null;
    const { caller, params } = context;
    const { nonces, challenges }: StepUpPorts = keyspace.stepUp();
    const [challenge, code] = [toCodeString(params['challenge']), toCodeString(params['authorization_data'])];
    const binding = JSON.stringify([identifyActor(caller), method, toCodeString(params['id'])]);
    const now = clock.now();
    if (challenge === '') return createSecondFactorRequest(rpId, challenges.make(now + challengeMs, binding));
    if (code === '') throw createRefusal('tfa_code_is_required');
    const opened = challenge.length > maxCursorLength ? null : challenges.open(challenge, binding);
    if (opened === null || now >= opened.expiresAt) throw createRefusal('challenge_timeout');
    const { name, expiresAt } = opened;
    if (!(await nonces.take(`step-up-challenge:${name}`, expiresAt, now, expiresAt - challengeMs))) {
      throw createRefusal('challenge_timeout');
    }
    const verdict = await codes.check(caller, code, () =>
      verify({ actor: caller, method, code, now: new Date(now) }),
    );
    switch (verdict.result) {
      case 'throttled': {
        const { waitSeconds: wait } = verdict;
        const headers = { 'Retry-After': String(wait) };
        throw new DeribitError('over_limit', { wait }, { headers }, 'step_up_throttled');
      }
      case 'not_enrolled':
        throw new DeribitError('security_key_setup_required', undefined, {}, 'forbidden');
      case 'invalid':
      case 'expired':
        throw createRefusal('tfa_code_not_matched');
      case 'used':
        throw createRefusal('used_tfa_code');
      case 'valid':
        return null;
    }
  };
}

function createSecondFactorRequest(rpId: string, challenge: string): SecondFactorRequest {
  return {
    security_keys: [{ type: 'tfa', name: 'tfa' }],
    security_key_authorization_required: true,
    rp_id: rpId,
    challenge,
  };
}

/** Deribit's reason -> the problem code of the core. */
const problemByReason = {
  tfa_code_is_required: 'step_up_required',
  tfa_code_not_matched: 'step_up_invalid',
  used_tfa_code: 'step_up_used',
  challenge_timeout: 'step_up_expired',
} as const;

function createRefusal(reason: keyof typeof problemByReason): DeribitError {
  return new DeribitError('security_key_error', { reason }, {}, problemByReason[reason]);
}

/** A code in JSON may be a number. */
function toCodeString(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function identifyActor(actor: Actor): string {
  return JSON.stringify(listActorIds(actor));
}
