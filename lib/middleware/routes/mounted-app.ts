import type { AnyHandler, MountedApp } from './express-stack.js';
import { isExpressApp } from './express-stack.js';

/** More reads of the URL than Express needs before the app shows itself. */
const maxReads = 12;

/**
 * Returns the app behind the function that `app.use(path, subApp)` puts into the stack: Express keeps no reference to it. The
 * function is called with a request that is none: Express gives it the prototype of the app, and from then on it has no URL, so
 * that no layer of the app matches. Nothing that the app has mounted runs.
 *
 * @returns `null` for any other function, and when the app does not show itself
 */
export function getMountedApp(handler: AnyHandler): MountedApp | null {
  if (handler.name !== 'mounted_app' || !isFromExpress(handler)) return null;
  const neutral = { request: {}, response: {} };
  let found: unknown = null;
  let reads = 0;
  const req = {
    app: neutral,
    method: 'GET',
    headers: {},
    query: {},
    get url(): string | undefined {
      found ??= (Object.getPrototypeOf(req) as { readonly app?: unknown } | null)?.app ?? null;
      reads += 1;
      return found === null && reads <= maxReads ? '/' : undefined;
    },
  };
  const res = { setHeader: () => undefined, locals: {} };
  try {
    (handler as (...args: readonly unknown[]) => unknown)(req, res, () => undefined);
  } catch {
    return null;
  }
  return isExpressApp(found) ? found : null;
}

/** An app may call a function of its own by this name, and that one would run. */
function isFromExpress(handler: AnyHandler): boolean {
  return Function.prototype.toString.call(handler).includes('fn.handle(req, res, function');
}
