/** One guard of a route. */
export interface RouteGuard {
  /** What made it: `requireApiKey` or `mcpGuard`. */
  readonly what: string;
  /**
   * What it requires of a key, in words: `orders:read`, `orders:read and orders:write`, `orders:read or orders:write`, `any key`;
   * `nothing is allowed` for a method that it refuses.
   */
  readonly requires: string;
  /** The scopes among these; empty for any key. */
  readonly scopes: readonly string[];
  /** The feature that it requires, or `null`. */
  readonly feature: string | null;
  /** What it takes from the limits and credits of the key. */
  readonly cost: number;
  /** Whether requests without a key are left to the app's own authentication. */
  readonly hasFallback: boolean;
  /** Whether it lets through what it would refuse: `mode: 'observe'`, before the time from which it enforces. */
  readonly isObserving: boolean;
}

/** One route of an app: a path, and methods that have the same handlers and the same guards. */
export interface RouteRow {
  /**
   * In capital letters; `*` for all, or for all that the rows before it with the same path do not name. `HEAD` is listed beside a
   * `GET` that answers it.
   */
  readonly methods: readonly string[];
  /**
   * The full path as the app wrote it; below a handler that answers everything, it ends with `/*`. A function of which nobody can
   * say whether it answers is behind that: `/api/* (authenticate)`.
   */
  readonly path: string;
  /** Whether the path is the whole one. If not, `…` stands for a mount path that Express does not keep. */
  readonly isPathKnown: boolean;
  /**
   * - `guarded`: a guard decides before the handler.
   * - `observed`: guards decide, and let every request through, or all but a share of them.
   * - `open`: `apiKeys.open(reason)` stands before it, or it is in the list `open`.
   * - `own`: a router of this package, which decides itself.
   * - `unknown`: no guard is visible, but `opaque` names functions that may have one inside, or `gaps` a guard in front that may be for
   *   all of its requests.
   * - `unguarded`: nothing in front could be a guard for all of its requests.
   */
  readonly state: 'guarded' | 'observed' | 'open' | 'own' | 'unknown' | 'unguarded';
  /** Every guard that a request passes, in this order. */
  readonly guards: readonly RouteGuard[];
  /** Why the route is open, or `null`. */
  readonly reason: string | null;
  /** The router of this package that it belongs to, or `null`. */
  readonly router: string | null;
  /** The names of functions of the app that run before the handler, and that cannot be looked into. */
  readonly opaque: readonly string[];
  /** Why guards in front do not count, in sentences, where no other one does: not every request for the route passes them. */
  readonly gaps: readonly string[];
}

/** A guard that does not run for a route. */
export interface LateGuard {
  readonly path: string;
  readonly methods: readonly string[];
  readonly requires: string;
  /**
   * - `never`: a handler before it takes no `next`, so that it ends the request.
   * - `unless passed on`: it comes after the handlers of the route, which may call `next()` or not; that cannot be seen.
   */
  readonly runs: 'never' | 'unless passed on';
}
