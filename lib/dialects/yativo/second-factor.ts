import type { Request } from 'express';
import { readHeader } from '../../http/read-header.js';
import { createSecondFactorCodes } from '../../http/second-factor-codes.js';
import type { StepUpOperation, StepUpResult } from '../../http/step-up-options.js';
import { toStepUpProblem, type StepUpProblem } from '../../http/step-up-problem.js';
import { ApiKeysError } from '../../errors.js';
import type { Clock } from '../../ports/clock.js';
import type { NonceStore } from '../../ports/nonce-store.js';
import { getOwnerId, type Caller } from '../callers.js';
import type { DialectCall } from '../dialect-call.js';

/**
 * Decides about a code of an owner, or of a member of an organization: `actor` names the person. `true` and `false` are short for right and wrong; after any other answer than these
 * and a `StepUpResult` the request ends with `internal_error`.
 *
 * @param code - as it was sent: 1 to 200 printable ASCII characters
 */
export type VerifySecondFactor = (
  ownerId: string,
  code: string,
  operation: StepUpOperation,
  req: Request,
  actor: Caller,
) => boolean | StepUpResult | Promise<boolean | StepUpResult>;

/** The operations that require a second factor, and its verifier. */
export interface SecondFactorSettings {
  readonly operations: ReadonlySet<StepUpOperation>;
  readonly verify: VerifySecondFactor;
}

/** Checks second factors. */
export interface SecondFactor {
  /**
   * Resolves when the operation needs none, or the request carries a right code, which is then used up.
   *
   * @throws ApiKeysError `step_up_…`, or `forbidden` for an owner without a second factor
   */
  check(call: DialectCall, caller: Caller, operation: StepUpOperation): Promise<void>;
}

/** @param names - called for every request, because there is no nonce store before the instance is ready */
export function createSecondFactor(
  settings: SecondFactorSettings | null,
  names: () => NonceStore,
  clock: Clock,
): SecondFactor {
  if (settings === null) return { check: async () => undefined };
  const { operations, verify } = settings;
  const codes = createSecondFactorCodes(names, clock);

  return {
    async check(call, caller, operation) {
      if (!operations.has(operation)) return;
      const code = await readCode(call);
      if (code === null) {
        throw new ApiKeysError('step_up_required', {
          detail: 'This needs a second factor. Send its code as X-2FA-Token.',
        });
      }
      const verdict = await codes.check(caller, code, () =>
        verify(getOwnerId(caller), code, operation, call.req, caller),
      );
      const problem = toStepUpProblem(verdict);
      if (problem === null) return;
      throw new ApiKeysError(problem, {
        detail: `${detailByProblem[problem]} Repeat the request with the code that is shown now.`,
      });
    },
  };
}

/** Reads the code from the header, or from the body, where the guide's type definitions have it. */
async function readCode(call: DialectCall): Promise<string | null> {
  const header = readHeader(call.req, 'x-2fa-token');
  if (header !== undefined && header !== '') return header;
  const inBody = (await call.body())?.['two_factor_token'];
  return typeof inBody === 'string' && inBody !== '' ? inBody : null;
}

const detailByProblem: Readonly<Record<StepUpProblem, string>> = {
  step_up_invalid: 'The code is wrong. Check it.',
  step_up_expired: 'The code came too late.',
  step_up_used: 'The code was used before.',
};
