import { takeFunction, takeListOf } from '../options/option-readers.js';
import { readOptions, type ReadersOf } from '../options/read-options.js';
import type { Actor } from '../domain/actor.js';

/** What a second factor can be asked for. */
export type StepUpOperation = (typeof stepUpOperations)[number];

/** Every operation. */
export const stepUpOperations = ['create', 'update', 'rotate', 'revoke'] as const;

/** A code that somebody has sent. */
export interface StepUpAttempt {
  readonly actor: Actor;
  readonly operation: StepUpOperation;
  /** `null` for a key that is to be made. */
  readonly keyId: string | null;
  /** As it was sent: 1 to 200 printable ASCII characters. */
  readonly code: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What a verifier says about a code. */
export type StepUpResult =
  | {
      readonly result: 'right';
      /** By which the code is known when it comes again, in any process; default: the code itself. */
      readonly codeId?: string;
      /** From when on the code would be refused for its age, epoch milliseconds; default: a day from now. */
      readonly expiresAt?: number;
    }
  | { readonly result: 'wrong' }
  /** It was right once. */
  | { readonly result: 'late' }
  /** The actor has no second factor. */
  | { readonly result: 'not_enrolled' };

/**
 * Decides about codes. `true` and `false` are short for right and wrong; after any other answer than these the request
 * ends with `internal_error`.
 */
export type VerifyStepUp = (
  attempt: StepUpAttempt,
) => boolean | StepUpResult | Promise<boolean | StepUpResult>;

/** For what a second factor is asked, and who checks it. */
export interface StepUpOptions {
  /** Which operations need one. `/self/revoke` never does: who holds a leaked key must be able to end it. */
  readonly operations: readonly StepUpOperation[];
  /**
   * Checks a code, for example `createTotpVerifier(…)` of `express-api-keys/totp`. A code that was right is remembered
   * and refused when it comes again.
   */
  readonly verify: VerifyStepUp;
}

/** Step-up options that were checked. */
export interface ResolvedStepUpOptions {
  readonly operations: ReadonlySet<StepUpOperation>;
  readonly verify: VerifyStepUp;
}

const readers = {
  operations: takeListOf(stepUpOperations),
  verify: takeFunction<VerifyStepUp>('a function that checks a code'),
} satisfies ReadersOf<StepUpOptions>;

/** @throws InvalidOptionError with what to write instead */
export function readStepUpOptions(value: unknown, path: string): ResolvedStepUpOptions | null {
  if (value === undefined) return null;
  const { operations, verify } = readOptions(path, value, readers);
  return { operations: new Set(operations), verify };
}
