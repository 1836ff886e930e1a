/**
 * Requests of one hour that guards in observe mode let through, and that they would have refused for the same reason. Never
 * contains a secret, a token, an address or a value from the path.
 */
export interface ObservedRefusal {
  /** When the hour begins, in epoch milliseconds. */
  readonly hour: number;
  /** The HTTP method, `OTHER` for one that Node.js does not know; `''` for an overflow. */
  readonly method: string;
  /** The route, as the app declares it, with placeholders for anything that could be a value; `''` for an overflow. */
  readonly route: string;
  /**
   * The `code` of the response that they would have got: of a refusal, or `unavailable` and `internal_error` where the decision
   * failed. {@link overflowCode} for requests of which only the number is known.
   */
  readonly code: string;
  /** The key whose secret was valid; `null` if there is none. */
  readonly keyId: string | null;
  /** The owner of that key. */
  readonly ownerId: string | null;
  /** How many, at least 1. */
  readonly count: number;
  /** When the first of them arrived, in epoch milliseconds. */
  readonly firstAt: number;
  /** When the last of them arrived, in epoch milliseconds. */
  readonly lastAt: number;
}

/** The same of any number of hours. */
export type ObservedGroup = Omit<ObservedRefusal, 'hour'>;

/** Stands in the place of a code for requests beyond the capacity of the report. */
export const overflowCode = 'overflow';

/** Adds up two counts of the same kind. */
export function addObserved<T extends ObservedGroup>(a: T, b: ObservedGroup): T {
  return {
    ...a,
    count: a.count + b.count,
    firstAt: Math.min(a.firstAt, b.firstAt),
    lastAt: Math.max(a.lastAt, b.lastAt),
  };
}
