import type { LateGuard, RouteRow } from './route-row.js';

/** The routes of an app, and what is wrong with them. Read from what Express has in its memory: nothing of the app runs. */
export interface RoutesReport {
  /** Every route, in the order in which Express looks at them. */
  readonly routes: readonly RouteRow[];
  /** Those that no guard is seen for, `unguarded` and `unknown`. */
  readonly unguarded: readonly RouteRow[];
  /** Those that only guards in observe mode decide about. */
  readonly observed: readonly RouteRow[];
  /** Guards that do not run for a route without another one. */
  readonly lateGuards: readonly LateGuard[];
  /** The declared scopes that no guard and no router asks for, in the order of their declaration. */
  readonly unusedScopes: readonly string[];
  /** Routes behind several guards whose requests count several times against the limits and credits of a key. */
  readonly countedTwice: readonly RouteRow[];
  /** Routes with a path and a method that a route before them has. */
  readonly declaredTwice: readonly RouteRow[];
  /** Functions that are mounted with `use` and that cannot be looked into: what they answer is not in the list. */
  readonly middleware: ReadonlyArray<{ readonly path: string; readonly name: string }>;
  /**
   * Returns a copy of an OpenAPI document in which every operation of a listed route has its `security`, and the schemes of
   * keys are in `components`. Operations that are `observed`, `unknown`, `own` or not in the list stay as they are.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` for what is no OpenAPI document
   */
  secureDocument<T extends object>(document: T): T;
  /** A line for each route, for a terminal. */
  toString(): string;
}
