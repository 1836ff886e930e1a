import { TOTP } from 'otpauth';
import type { StepUpAttempt, StepUpResult } from '../http/step-up-options.js';
import type { Actor } from '../domain/actor.js';
import { InvalidOptionError } from '../errors.js';
import { decodeTotpSecret } from './decode-totp-secret.js';
import { totpSettings } from './totp-settings.js';

/** Options of {@link createTotpVerifier}. */
export interface TotpOptions {
  /**
   * Returns the secret of an actor from the app's own storage, in base32, at least 16 bytes; `null` when the actor has none.
   * `undefined` and an empty string also stand for none.
   */
  readonly secretFor: (actor: Actor) => string | null | undefined | Promise<string | null | undefined>;
  /**
   * How many codes before and after the current one are also valid, 0 to 5: clocks differ, and people need time to type.
   *
   * @default 1
   */
  readonly window?: number | undefined;
}

/** Verifies a code, for any operation. */
export type VerifyTotp = (attempt: Pick<StepUpAttempt, 'actor' | 'code' | 'now'>) => Promise<StepUpResult>;

/** How far back a code is recognized as expired rather than invalid, in codes: five minutes. */
const expiredCodes = 10;

/**
 * Creates a verifier for the codes of authenticator apps: six digits, new every 30 seconds (RFC 6238). For `stepUp.verify`,
 * and for `secondFactor.verify` of the Deribit router.
 *
 * @throws InvalidOptionError when an option is invalid
 *
 * @example
 * apiKeys.adminRouter({
 *   authorize,
 *   stepUp: { operations: ['rotate'], verify: createTotpVerifier({ secretFor: (actor) => secretOf(actor) }) },
 * });
 */
export function createTotpVerifier({ secretFor, window = 1 }: TotpOptions): VerifyTotp {
  if (typeof secretFor !== 'function') {
    throw new InvalidOptionError(
      'createTotpVerifier: secretFor must be a function from an actor to its secret',
    );
  }
  if (!Number.isInteger(window) || window < 0 || window > 5) {
    throw new InvalidOptionError('createTotpVerifier: window must be a whole number from 0 to 5');
  }
  return async function verifyTotp({ actor, code, now }): Promise<StepUpResult> {
    const timestamp = now.getTime();
    const secret = await secretFor(actor);
    // With an empty secret anybody could compute the codes.
    if (secret === null || secret === undefined || secret === '') return { result: 'not_enrolled' };
    const key = decodeTotpSecret(secret);
    // Apps show a gap in the middle of the code, and people copy it.
    const token = code.replaceAll(' ', '');
    const maxWindow = window + expiredCodes;
    const delta = /^\d{6}$/.test(token)
      ? TOTP.validate({ ...totpSettings, token, timestamp, window: maxWindow, secret: key })
      : null;
    if (delta === null || delta > window) return { result: 'invalid' };
    if (delta < -window) return { result: 'expired' };
    const { period } = totpSettings;
    const counter = TOTP.counter({ period, timestamp }) + delta;
    // It is valid from the window before its own period on, until that period and the window after it are over.
    return {
      result: 'valid',
      codeId: `totp:${counter}`,
      validFrom: new Date((counter - window) * period * 1000),
      expiresAt: new Date((counter + 1 + window) * period * 1000),
    };
  };
}
