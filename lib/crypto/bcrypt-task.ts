/** A bcrypt task: create a hash, or compare an input with a hash. */
export type BcryptTask =
  | { readonly input: string; readonly cost: number }
  /** The hash was validated before, including its cost. */
  | { readonly input: string; readonly hash: string };

/** The new hash, or whether the input matches. */
export type BcryptResult = string | boolean;

/** Runs one task at a time. */
export interface BcryptRunner {
  /** Rejects when the runner exits before it has a result. */
  run(question: BcryptTask): Promise<BcryptResult>;
  /** Whether it has ever started: a runner that never did will not start on a retry either. */
  hasStarted(): boolean;
  /** Resolves when the runner has exited, for any reason. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}
