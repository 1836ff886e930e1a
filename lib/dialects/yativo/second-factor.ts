import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type { StepUpOperation, StepUpResult } from '../../admin/step-up-options.js';
import { stepUpResultOf } from '../../admin/step-up-result.js';
import { ApiKeysError } from '../../errors.js';
import type { Clock } from '../../ports/clock.js';
import type { OneTimeNames } from '../../ports/one-time-names.js';
import { FailureWindows } from '../../verify/failure-windows.js';
import type { DialectCall } from '../dialect-call.js';

/**
 * Decides about a code of an owner. `true` and `false` are short for right and wrong; after any other answer than these
 * and a `StepUpResult` the request ends with `internal_error`.
 *
 * @param code - as it was sent: 1 to 200 printable ASCII characters
 */
export type VerifySecondFactor = (
  ownerId: string,
  code: string,
  operation: StepUpOperation,
  req: Request,
) => boolean | StepUpResult | Promise<boolean | StepUpResult>;

/** For what a second factor is asked, and who checks it. */
export interface SecondFactorSettings {
  readonly operations: ReadonlySet<StepUpOperation>;
  readonly verify: VerifySecondFactor;
}

/** Asks for a second factor. */
export interface SecondFactor {
  /**
   * Resolves when the operation needs none, or the request carries a right code, which is then used up.
   *
   * @throws ApiKeysError `step_up_…`, or `forbidden` for an owner without a second factor
   */
  check(call: DialectCall, ownerId: string, operation: StepUpOperation): Promise<void>;
}

/** Wrong codes of one owner, in each process. */
const tries = { failures: 5, windowSeconds: 300 } as const;
/** How long a code is remembered of which nobody said how long it is right, in milliseconds. */
const rememberedMs = 24 * 60 * 60 * 1000;
const codePattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/;

/** @param names - asked anew for every request: there are none before the instance is ready */
export function createSecondFactor(
  settings: SecondFactorSettings | null,
  names: () => OneTimeNames,
  clock: Clock,
): SecondFactor {
  if (settings === null) return { check: async () => undefined };
  const { operations, verify } = settings;
  const windows = new FailureWindows(tries);

  /** Looks at a code. Tries are counted before, so that many at once are no more than one after the other. */
  async function resultOf(
    { req }: DialectCall,
    ownerId: string,
    operation: StepUpOperation,
    code: string,
  ): Promise<StepUpResult> {
    const window = windows.begin(ownerId);
    if (window === null) {
      const headers = { 'Retry-After': String(windows.secondsLeft(ownerId)) };
      throw new ApiKeysError('step_up_throttled', { headers });
    }
    let hasFailed = true;
    try {
      const said = codePattern.test(code) && (await verify(ownerId, code, operation, req));
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

  return {
    async check(call, ownerId, operation) {
      if (!operations.has(operation)) return;
      const code = await codeOf(call);
      if (code === null) {
        throw new ApiKeysError('step_up_required', {
          detail: 'This needs a second factor. Send its code as X-2FA-Token.',
        });
      }
      const said = await resultOf(call, ownerId, operation, code);
      if (said.result === 'not_enrolled') {
        throw new ApiKeysError('forbidden', {
          detail: 'This needs a second factor, and none is set up for you.',
        });
      }
      if (said.result === 'wrong') throw refused('step_up_invalid', 'The code is wrong. Check it.');
      if (said.result === 'late') throw refused('step_up_expired', 'The code came too late.');
      const now = clock.now();
      const name = `yativo-2fa:${digest(ownerId, said.codeId ?? code)}`;
      if (await names().take(name, said.expiresAt ?? now + rememberedMs, now)) return;
      throw refused('step_up_used', 'The code was used before.');
    },
  };
}

/** The code in the header, or where the guide's type definitions have it: in the body. */
async function codeOf(call: DialectCall): Promise<string | null> {
  const header = call.req.headers['x-2fa-token'];
  if (header !== undefined && header !== '') return String(header);
  const inBody = (await call.body())?.['two_factor_token'];
  return typeof inBody === 'string' && inBody !== '' ? inBody : null;
}

function refused(
  problem: 'step_up_invalid' | 'step_up_expired' | 'step_up_used',
  what: string,
): ApiKeysError {
  return new ApiKeysError(problem, { detail: `${what} Repeat the request with the code that is shown now.` });
}

/** What is stored names neither the owner nor the code. */
function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
