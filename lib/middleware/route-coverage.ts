import type { RequestHandler } from 'express';
import { InvalidOptionError } from '../errors.js';
import { takeAsGiven, takeFlag, withDefault } from '../options/option-readers.js';
import { readOptions, type ReadersOf } from '../options/read-options.js';
import type { ApiKeyGuard } from './api-key-guard.js';
import { createFailClosed, type FailClosedOptions, type FailClosedParts } from './fail-closed.js';
import { createOpenRoute } from './open-route.js';
import { assertGuarded } from './routes/assert-routes.js';
import { createRoutesReport, type ReportFacts } from './routes/create-routes-report.js';
import { isExpressApp } from './routes/express-stack.js';
import { listRoutes } from './routes/list-routes.js';
import { parseOpenRoutes, type OpenRoute } from './routes/open-routes.js';
import type { RoutesReport } from './routes/routes-report.js';

/** Options of `routes` and `assertAllRoutesGuarded`. */
export interface RouteListOptions {
  /** Routes that need no guard, as the report calls them: `/health`, `GET /docs/*`. */
  readonly open?: readonly string[] | undefined;
}

/** Options of `assertAllRoutesGuarded`. */
export interface GuardedRoutesOptions extends RouteListOptions {
  /**
   * Whether routes pass whose guards are in observe mode.
   *
   * @default false
   */
  readonly allowObserved?: boolean | undefined;
}

/** What proves that no route of an app was forgotten. */
export interface RouteCoverage {
  /**
   * Lists the routes of an app of Express 4 or 5: full path, methods, guards and what they require; and what is wrong with them.
   * It reads what Express has in its memory, and runs nothing of the app. Call it when everything is mounted.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` for what is no app of Express, and for a wrong option
   *
   * @example
   * console.log(String(apiKeys.routes(app)));
   */
  routes(app: AnyExpressApp, options?: RouteListOptions): RoutesReport;
  /**
   * For a test: passes when every route has a guard, is open or is listed in `open`. A route whose guard may be hidden in a function
   * does not pass, nor does one whose guards only observe, nor an entry of `open` that no route without a guard matches.
   *
   * @throws AssertionError of `node:assert`, with a line for each route
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` for what is no app of Express, and for a wrong option
   *
   * @example
   * test('every route is guarded', () => apiKeys.assertAllRoutesGuarded(app, { open: ['/health'] }));
   */
  assertAllRoutesGuarded(app: AnyExpressApp, options?: GuardedRoutesOptions): void;
  /**
   * Lets everybody through, and says in the list of routes why. It takes the place of a guard.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` without a reason
   *
   * @example
   * app.get('/health', apiKeys.open('health check of the load balancer'), showHealth);
   */
  open(reason: string): ApiKeyGuard;
  /**
   * Mounted first, it replaces every answer to a request that no guard and no `open` has decided about: 500 with an explanation, and
   * 403 with `NODE_ENV=production`. Each such route is logged once. The handler has run by then.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` for an option that is unknown or has a wrong value
   *
   * @example
   * app.use(apiKeys.failClosed());
   */
  failClosed(options?: FailClosedOptions): RequestHandler;
}

const example = "{ open: ['/health'] }";
const listReaders = { open: takeAsGiven<unknown>() } satisfies ReadersOf<RouteListOptions>;
const assertionReaders = {
  ...listReaders,
  allowObserved: withDefault(takeFlag, false),
} satisfies ReadersOf<GuardedRoutesOptions>;

/** An app of Express 4 or 5, whatever its types say besides. */
type AnyExpressApp = { readonly mountpath: string | string[]; set(setting: string, value: unknown): unknown };

/** Builds what an instance offers to prove that no route was forgotten. */
export function createRouteCoverage(facts: ReportFacts & FailClosedParts): RouteCoverage {
  function report(
    what: string,
    app: unknown,
    openRoutes: unknown,
  ): readonly [RoutesReport, readonly OpenRoute[]] {
    if (!isExpressApp(app)) {
      throw new InvalidOptionError(`${what}: takes an app of Express, what express() has returned`);
    }
    const open = parseOpenRoutes(what, openRoutes);
    return [createRoutesReport(listRoutes(app), open, facts), open];
  }

  return {
    routes: (app, options = {}) => {
      const { open } = readOptions('routes', options, listReaders, { example });
      return report('routes', app, open)[0];
    },
    assertAllRoutesGuarded: (app, options = {}) => {
      const what = 'assertAllRoutesGuarded';
      const { open, allowObserved } = readOptions(what, options, assertionReaders, { example });
      assertGuarded(...report(what, app, open), allowObserved);
    },
    open: createOpenRoute,
    failClosed: (options = {}) => createFailClosed(facts, options),
  };
}
