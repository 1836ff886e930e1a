/** What bcrypt is asked: to make a hash, or whether a hash was made from an input. */
export type BcryptTask =
  | { readonly input: string; readonly cost: number }
  /** The hash was parsed and its cost capped before. */
  | { readonly input: string; readonly hash: string };

/** The new hash, or whether it matches. */
export type BcryptResult = string | boolean;

/** Something that answers one question at a time. */
export interface BcryptRunner {
  /** Rejects when the runner ended before it had an answer. */
  run(question: BcryptTask): Promise<BcryptResult>;
  /** Whether it has come up: a runner that never did will not do so when it is tried again. */
  hasStarted(): boolean;
  /** Resolves when the runner has ended, for whatever reason. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}
