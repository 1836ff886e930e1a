/** `error`: something breaks a promise of the package, or will. `warning`: it works, with a risk or a cost. */
export type Severity = 'error' | 'warning';

/** One thing that is wrong with a set-up. */
export interface Finding {
  /** Never changes: `redis-unreachable`. */
  readonly id: string;
  readonly severity: Severity;
  /** What is wrong. */
  readonly problem: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do. */
  readonly remedy: string;
  /** The page about it, in the folder of the package. */
  readonly see: string;
}
