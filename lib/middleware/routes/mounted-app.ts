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
  if (!isFromExpress(handler)) return null;
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

/** The function of Express 4 and 5, whatever a bundler has made of its names and spaces. */
const source = new RegExp(
  [
    String.raw`^function\s*[\w$]*\s*\(\s*(?<req>[\w$]+)\s*,\s*(?<res>[\w$]+)\s*,\s*(?<next>[\w$]+)\s*\)\s*\{`,
    String.raw`\s*(?:var|let|const)\s+(?<app>[\w$]+)\s*=\s*\k<req>\.app\s*[;,]?`,
    String.raw`\s*[\w$]+\.handle\(\s*\k<req>\s*,\s*\k<res>\s*,\s*(?:function\s*\(\s*[\w$]+\s*\)|\(?\s*[\w$]+\s*\)?\s*=>)\s*\{`,
    String.raw`[^;,]*\(\s*\k<req>\s*,\s*\k<app>\.request\s*\)\s*[;,]?[^;,]*\(\s*\k<res>\s*,\s*\k<app>\.response\s*\)\s*[;,]?`,
    String.raw`\s*\k<next>\(\s*[\w$]+\s*\)\s*;?\s*\}\s*\)\s*;?\s*\}$`,
  ].join(''),
);

/** A function of an app that looks otherwise is not called. */
function isFromExpress(handler: AnyHandler): boolean {
  return source.test(Function.prototype.toString.call(handler));
}
