/** A layer in the stack of a router, as Express 4 and 5 keep it. None of this is documented, so everything may be missing. */
export interface Layer {
  readonly handle: AnyHandler;
  readonly name?: unknown;
  readonly route?: Route | undefined;
  /** In the stack of a route: the method in small letters; none for `all`. */
  readonly method?: string | undefined;
  /** The path as the app gave it: Express 5 with `router` 2.3 or newer. */
  readonly rawPath?: unknown;
  /** Express 5: mounted at `/`. */
  readonly slash?: unknown;
  /** Express 4: what the path became. */
  readonly regexp?: RegExp & { readonly fast_slash?: unknown };
  readonly keys?: ReadonlyArray<{ readonly name: string | number }>;
  /** What the last match took of a path, before `router` 2.3. */
  readonly path?: unknown;
  match(path: string): unknown;
}

/** A route: one path and its handlers. */
export interface Route {
  readonly path: unknown;
  readonly stack: readonly Layer[];
}

/** A router, or what stands in for one. */
export interface Router {
  readonly stack: readonly Layer[];
  /** The callbacks of `router.param`, by name. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** Any function that Express calls. */
export type AnyHandler = (...args: never[]) => unknown;

/** An app of Express. */
export interface MountedApp {
  readonly mountpath?: unknown;
  readonly handle: AnyHandler;
  readonly set: AnyHandler;
}

/** Whether a value is an app of Express, of whichever version. */
export function isExpressApp(value: unknown): value is MountedApp {
  if (typeof value !== 'function') return false;
  const { handle, set } = value as { handle?: unknown; set?: unknown };
  return typeof handle === 'function' && typeof set === 'function';
}

/** Whether a handler is a router whose layers can be read. Other packages keep stacks of other things. */
export function isRouter(value: unknown): value is Router {
  if (typeof value !== 'function') return false;
  const { stack } = value as { stack?: unknown };
  return Array.isArray(stack) && stack.every((layer) => isLayer(layer));
}

function isLayer(value: unknown): value is Layer {
  if (typeof value !== 'object' || value === null) return false;
  const { handle, match, route } = value as { handle?: unknown; match?: unknown; route?: unknown };
  return typeof handle === 'function' && typeof match === 'function' && typeof route !== 'string';
}

/** Returns the router of an app; `null` for an app of Express 4 that has no routes yet. */
export function getRouterOf(app: MountedApp): Router | null {
  const { _router: ofExpress4 } = app as { readonly _router?: unknown };
  if (isRouter(ofExpress4)) return ofExpress4;
  try {
    // Express 4 throws here: the property was once something else.
    const { router } = app as { readonly router?: unknown };
    return isRouter(router) ? router : null;
  } catch {
    return null;
  }
}
