import { takeFunction, takeListOf } from '../options/option-readers.js';
import { readOptions, type ReadersOf } from '../options/read-options.js';
import type { Actor } from '../domain/actor.js';

/** The operations on keys that can require a second factor. */
export const keyOperations = ['create', 'update', 'rotate', 'revoke'] as const;

/** The operations on owners that can require a second factor. */
export const ownerOperations = ['set', 'suspend', 'resume', 'erase'] as const;

/** The operations on webhooks that can require a second factor. */
export const webhookOperations = [
  'create_webhook',
  'update_webhook',
  'rotate_webhook_secret',
  'delete_webhook',
] as const;

/** What can require a second factor. */
export type StepUpOperation =
  (typeof keyOperations)[number] | (typeof ownerOperations)[number] | (typeof webhookOperations)[number];

/** Every operation. */
export const stepUpOperations: readonly StepUpOperation[] = [
  ...keyOperations,
  ...ownerOperations,
  ...webhookOperations,
];

/** A code that a caller has sent, and what it is for. */
export interface StepUpAttempt {
  readonly actor: Actor;
  readonly operation: StepUpOperation;
  /** `null` for a key that is to be created, and for an operation on an owner or a webhook. */
  readonly keyId: string | null;
  /** The owner to change, suspend, resume or erase; `null` for an operation on a key or a webhook. */
  readonly ownerId: string | null;
  /** The webhook to change; `null` for one that is to be created, and for all other operations. */
  readonly webhookId: string | null;
  /** As sent: 1 to 200 printable ASCII characters. */
  readonly code: string;
  /** The current time, by the clock of the instance. */
  readonly now: Date;
}

/** What a verifier returns for a code. */
export type StepUpResult =
  | {
      readonly result: 'valid';
      /** Identifies the code if it is sent again, to any process. Default: the code itself. */
      readonly codeId?: string;
      /**
       * Since when the code could be used. While a database that has failed over since then may lack the record of its use, it is
       * refused with `unavailable`. Default: 330 seconds ago.
       */
      readonly validFrom?: Date;
      /** When the code expires: until then it is recorded as used. Default: a day from now. */
      readonly expiresAt?: Date;
    }
  | { readonly result: 'invalid' }
  /** It was valid before. */
  | { readonly result: 'expired' }
  /** The actor has no second factor. */
  | { readonly result: 'not_enrolled' };

/**
 * Decides about codes. `true` and `false` are short for valid and invalid; any other value than these fails the request
 * with `internal_error`.
 */
export type VerifyStepUp = (
  attempt: StepUpAttempt,
) => boolean | StepUpResult | Promise<boolean | StepUpResult>;

/** Which operations require a second factor, and what checks it. */
export interface StepUpOptions {
  /** Which operations require one. `/self/revoke` never does: the holder of a leaked key must be able to revoke it. */
  readonly operations: readonly StepUpOperation[];
  /**
   * Checks a code, for example `createTotpVerifier(…)` of `express-api-keys/totp`. A valid code is recorded and
   * refused when it is sent again.
   */
  readonly verify: VerifyStepUp;
}

/** Validated step-up options. */
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
