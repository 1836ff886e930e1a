import { allowAbsent, take, takeFunction, takeText } from '../../options/option-readers.js';
import { readOptions, type ReadersOf } from '../../options/read-options.js';
import type { StepUpResult } from '../../http/step-up-options.js';
import type { Actor } from '../../domain/actor.js';

/** A submitted code. */
export interface SecondFactorAttempt {
  /** An owner, or a key of one. */
  readonly actor: Actor;
  /** For example `private/create_api_key`. */
  readonly method: string;
  /** As it was sent: 1 to 200 printable ASCII characters. */
  readonly code: string;
  /** The current time, by the clock of the instance. */
  readonly now: Date;
}

/** Decides about codes. `true` and `false` are short for right and wrong. */
export type VerifySecondFactor = (
  attempt: SecondFactorAttempt,
) => boolean | StepUpResult | Promise<boolean | StepUpResult>;

/** The verifier of second factors, and the methods that require one. */
export interface SecondFactorOption {
  /** Checks a code, for example `createTotpVerifier(…)` of `express-api-keys/totp`. A right code is taken once. */
  readonly verify: VerifySecondFactor;
  /** The value of `rp_id`: the domain that the second factor belongs to, for example `example.com`. */
  readonly rpId: string;
  /**
   * The methods that require one, for example `['private/create_api_key']`.
   *
   * @default the methods that Deribit's documents mark with "TFA required"
   */
  readonly methods?: readonly string[] | undefined;
}

/** The validated option. `methods` has yet to be compared with the existing methods. */
export interface SecondFactor {
  readonly verify: VerifySecondFactor;
  readonly rpId: string;
  /** `null`: as documented. */
  readonly methods: ReadonlySet<string> | null;
}

const readers = {
  verify: takeFunction<VerifySecondFactor>('a function that checks a code'),
  rpId: takeText("a domain, for example 'example.com'", /[^]/),
  methods: allowAbsent(take("a list, for example ['private/create_api_key']", isStringList)),
} satisfies ReadersOf<SecondFactorOption>;

/** @throws InvalidOptionError with what to write instead */
export function readSecondFactor(value: unknown, path: string): SecondFactor | null {
  if (value === undefined) return null;
  const { verify, rpId, methods } = readOptions(path, value, readers);
  return { verify, rpId, methods: methods === undefined ? null : new Set(methods) };
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
