import { createHash } from 'node:crypto';
import { auditIdOf, type Actor } from '../../domain/actor.js';
import { stepUpResultOf } from '../../admin/step-up-result.js';
import type { StepUpPorts } from '../../admin/step-up.js';
import { ApiKeysError } from '../../errors.js';
import { maxCursorLength } from '../../ports/cursor-signer.js';
import { FailureWindows } from '../../verify/failure-windows.js';
import { ownerIdOf } from '../callers.js';
import { DeribitError } from './deribit-error.js';
import type { PrivateContext, PrivateMethod } from './deribit-method.js';
import type { SecondFactor } from './second-factor-option.js';

/** What is answered to a call without a code: no error, and nothing was done. */
export interface SecondFactorWanted {
  readonly security_keys: readonly { readonly type: 'tfa'; readonly name: 'tfa' }[];
  readonly security_key_authorization_required: true;
  readonly rp_id: string;
  readonly challenge: string;
}

/**
 * Asks for a second factor where the method needs one.
 *
 * @returns `null` when it needs none, or the call has a right one, which is then used up
 * @throws DeribitError 13668, 12998 or 13904
 */
export type CheckSecondFactor = (
  context: PrivateContext,
  method: PrivateMethod,
) => Promise<SecondFactorWanted | null>;

/** Documented: a challenge is valid for one minute. */
const challengeMs = 60_000;
/** Wrong codes of one caller, in each process. */
const tries = { failures: 5, windowSeconds: 300 } as const;
/** How long a code is remembered of which nobody said how long it is right. */
const rememberedMs = 24 * 60 * 60 * 1000;
const codePattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/;

/** Builds it for one router. A challenge is for one caller, one method and one key, and for one try. */
export function createCheckSecondFactor({ verify, rpId, methods }: SecondFactor): CheckSecondFactor {
  const windows = new FailureWindows(tries);

  async function resultOf({ caller, host }: PrivateContext, method: string, code: string) {
    const who = nameOf(caller);
    const window = windows.begin(who);
    if (window === null) {
      const wait = windows.secondsLeft(who);
      const headers = { 'Retry-After': String(wait) };
      throw new DeribitError('over_limit', { wait }, { headers }, 'step_up_throttled');
    }
    let hasFailed = true;
    try {
      const now = host.clock.now();
      const said = codePattern.test(code) && (await verify({ actor: caller, method, code, now }));
      const result = stepUpResultOf(said);
      hasFailed = result.result === 'wrong' || result.result === 'late';
      return result;
    } catch (cause) {
      hasFailed = false;
      throw new ApiKeysError('internal_error', { cause });
    } finally {
      windows.settle(window, hasFailed);
    }
  }

  return async function checkSecondFactor(context, { name: method, tfa }) {
    if (!(methods?.has(method) ?? tfa)) return null;
    const { caller, host, keyspace, params } = context;
    const { names, challenges }: StepUpPorts = keyspace.stepUp();
    const [challenge, code] = [textOf(params['challenge']), textOf(params['authorization_data'])];
    const binding = JSON.stringify([nameOf(caller), method, textOf(params['id'])]);
    const now = host.clock.now();
    if (challenge === '') return wanted(rpId, challenges.make(now + challengeMs, binding));
    if (code === '') throw refusal('tfa_code_is_required');
    const opened = challenge.length > maxCursorLength ? null : challenges.open(challenge, binding);
    if (opened === null || now >= opened.expiresAt) throw refusal('challenge_timeout');
    if (!(await names.take(`step-up-challenge:${opened.name}`, opened.expiresAt, now))) {
      throw refusal('challenge_timeout');
    }
    const said = await resultOf(context, method, code);
    if (said.result === 'not_enrolled')
      throw new DeribitError('security_key_setup_required', undefined, {}, 'forbidden');
    if (said.result !== 'right') throw refusal('tfa_code_not_matched');
    const codeName = `step-up-code:${digest(ownerIdOf(caller), said.codeId ?? code)}`;
    if (await names.take(codeName, said.expiresAt ?? now + rememberedMs, now)) return null;
    throw refusal('used_tfa_code');
  };
}

function wanted(rpId: string, challenge: string): SecondFactorWanted {
  return {
    security_keys: [{ type: 'tfa', name: 'tfa' }],
    security_key_authorization_required: true,
    rp_id: rpId,
    challenge,
  };
}

/** What Deribit calls it -> what the core calls it. */
const reasons = {
  tfa_code_is_required: 'step_up_required',
  tfa_code_not_matched: 'step_up_invalid',
  used_tfa_code: 'step_up_used',
  challenge_timeout: 'step_up_expired',
} as const;

function refusal(reason: keyof typeof reasons): DeribitError {
  return new DeribitError('security_key_error', { reason }, {}, reasons[reason]);
}

/** A code in JSON may be a number. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function nameOf(actor: Actor): string {
  return JSON.stringify([actor.kind, auditIdOf(actor)]);
}

/** What is stored names neither the owner nor the code. An owner's code is used up in the admin API, too. */
function digest(ownerId: string, codeId: string): string {
  const owner = nameOf({ kind: 'owner', ownerId });
  return createHash('sha256')
    .update(JSON.stringify([owner, codeId]))
    .digest('hex');
}
