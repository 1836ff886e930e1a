import { TOTP } from 'otpauth';
import type { StepUpAttempt, StepUpResult } from '../http/step-up-options.js';
import type { Actor } from '../domain/actor.js';
import { InvalidOptionError } from '../errors.js';
import { decodeTotpSecret } from './decode-totp-secret.js';
import { totpSettings } from './totp-settings.js';

/** Options of {@link createTotpVerifier}. */
export interface TotpOptions {
  /**
   * The secret of an actor in base32, at least 16 bytes, from where the app keeps it; `null` when the actor has none.
   * `undefined` and an empty text are none as well.
   */
  readonly secretFor: (actor: Actor) => string | null | undefined | Promise<string | null | undefined>;
  /**
   * How many codes before and after the current one are right as well, 0 to 5: clocks differ, and people take their time.
   *
   * @default 1
   */
  readonly window?: number | undefined;
}

/** Checks a code, whatever it was asked for. */
export type VerifyTotp = (attempt: Pick<StepUpAttempt, 'actor' | 'code' | 'now'>) => Promise<StepUpResult>;

/** How far back a code is known as one that was right, in codes: five minutes. */
const knownAsLate = 10;

/**
 * Checks codes of authenticator apps: six digits, every 30 seconds others (RFC 6238). For `stepUp.verify`,
 * and for `secondFactor.verify` of the Deribit router.
 *
 * @throws InvalidOptionError when an option makes no sense
 *
 * @example
 * apiKeys.adminRouter({
 *   authorize,
 *   stepUp: { operations: ['rotate'], verify: createTotpVerifier({ secretFor: (actor) => secretOf(actor) }) },
 * });
 */
export function createTotpVerifier({ secretFor, window = 1 }: TotpOptions): VerifyTotp {
  if (typeof secretFor !== 'function') {
    throw new InvalidOptionError('createTotpVerifier: secretFor is a function from an actor to its secret');
  }
  if (!Number.isInteger(window) || window < 0 || window > 5) {
    throw new InvalidOptionError('createTotpVerifier: window is a whole number from 0 to 5');
  }
  return async function verifyTotp({ actor, code, now }): Promise<StepUpResult> {
    const secret = await secretFor(actor);
    // With an empty secret everybody could work out the codes.
    if (secret === null || secret === undefined || secret === '') return { result: 'not_enrolled' };
    const key = decodeTotpSecret(secret);
    // People copy the gap that apps show.
    const token = code.replaceAll(' ', '');
    const farthest = window + knownAsLate;
    const delta = /^\d{6}$/.test(token)
      ? TOTP.validate({ ...totpSettings, token, timestamp: now, window: farthest, secret: key })
      : null;
    if (delta === null || delta > window) return { result: 'wrong' };
    if (delta < -window) return { result: 'late' };
    const { period } = totpSettings;
    const counter = TOTP.counter({ period, timestamp: now }) + delta;
    // It is right until its own time and the window behind that are over.
    return {
      result: 'right',
      codeId: `totp:${counter}`,
      expiresAt: (counter + 1 + window) * period * 1000,
    };
  };
}
