import type { Express } from 'express';
import type { RoutesReport } from '../../lib/middleware/routes/routes-report.js';
import type { RouteRow } from '../../lib/middleware/routes/route-row.js';
import { createInstance } from '../harness/instance.js';
import { appsOfOthers, toListener, type AppOfOthers } from './routes-of-others/apps-of-others.js';
import { buildApps, type RouterPackage } from './routes-of-others/build-apps.js';
import type {
  Call,
  ExpressWatch,
  Outcome,
  SampleRequest,
  WatchedServer,
} from './routes-of-others/express-watch.js';
import {
  crawl,
  createRequestsFor,
  fillPath,
  readPath,
  toRequest,
} from './routes-of-others/sample-requests.js';

jest.setTimeout(300_000);

const { apiKeys } = createInstance();

const cases: ReadonlyArray<readonly [name: string, router: RouterPackage, app: AppOfOthers]> = [
  ...appsOfOthers.map((app) => [`${app.name} on Express ${app.expressMajor}`, 'router', app] as const),
  ...appsOfOthers
    .filter(({ expressMajor }) => expressMajor === 5)
    .map((app) => [`${app.name} on Express 5 with router 2.2`, 'router2.2', app] as const),
];

const describeRequest = ({ method, url }: SampleRequest): string => `${method} ${url}`;

function hasMethod({ methods }: RouteRow, method: string): boolean {
  return methods.includes('*') || methods.includes(method);
}

/** Whether a row stands for what Express has called: its path is one that the app wrote. */
function isRowOf(row: RouteRow, { kind, paths, name }: Call, mounted: readonly string[]): boolean {
  const listed = readPath(row.path.replace(/, \d+\)$/, ')'), mounted);
  return paths.some((path) => {
    const below = `${path.replace(/\/$/, '')}/*`;
    const written = kind === 'route' ? [path] : [below, `${below} (${name})`];
    return written.some((one) => listed.includes(one));
  });
}

/** What of a call the list lacks: each path of an array needs its own row. */
function findMissing(
  call: Call,
  method: string,
  { routes, middleware }: RoutesReport,
  mounted: readonly string[],
): readonly string[] {
  return call.paths.filter((path) => {
    const one = { ...call, paths: [path] };
    const isMiddleware = middleware.some(
      (each) =>
        call.kind === 'function' && each.name === call.name && readPath(each.path, mounted).includes(path),
    );
    return !isMiddleware && !routes.some((row) => hasMethod(row, method) && isRowOf(row, one, mounted));
  });
}

/** Packages for CORS answer preflights, with nothing of the app: see `harmless` of the list. */
function isPreflight({ name }: Call, method: string): boolean {
  return method === 'OPTIONS' && name === 'corsMiddleware';
}

describe.each(cases)('the routes of %s', (_name, router, given) => {
  let watch: ExpressWatch;
  let app: Express;
  let guarded: Express;
  let guardedTooLate: Express;
  let server: WatchedServer;
  let report: RoutesReport;
  let rows: readonly RouteRow[];

  beforeAll(async () => {
    const guard = apiKeys.requireApiKey();
    const built = buildApps(given, router, [{}, { inFront: guard }, { behind: guard }]);
    ({ watch } = built);
    [app, guarded, guardedTooLate] = built.apps as [Express, Express, Express];
    report = apiKeys.routes(app);
    rows = report.routes;
    server = await watch.serve(toListener(app));
  });
  afterAll(() => server.close());

  it('are in the list one by one: each row is what its requests reach, with each of its methods', async () => {
    expect(rows.length).toBeGreaterThan(0);
    const wrong: string[] = [];
    for (const row of rows) {
      const requests = fillPath(row, given, watch.mounted).flatMap((url) =>
        createRequestsFor(row, url, given),
      );
      const outcomes = await server.sendAll(requests);
      const [reached, stopped] = [new Set<string>(), new Set<string>()];
      for (const [index, request] of requests.entries()) {
        const first = findFirst(row, outcomes[index]);
        if (first !== undefined && isRowOf(row, first, watch.mounted)) reached.add(request.method);
        else if (isStopped(row, request, outcomes[index])) stopped.add(request.method);
        // Where the path is not known, some of those that are tried are not the one.
        else if (row.isPathKnown) {
          wrong.push(`${row.path}: ${describeRequest(request)} reaches ${JSON.stringify(first)}`);
        }
      }
      const isReached = row.methods.every(
        (method) => method === '*' || reached.has(method) || stopped.has(method),
      );
      if (!isReached || reached.size === 0)
        wrong.push(`${row.methods.join()} ${row.path} is reached with ${[...reached].join()}`);
    }
    expect(wrong).toEqual([]);
  });

  /** The first route that a request reaches; or the function that answers, or that runs where it may do that. */
  function findFirst(row: RouteRow, outcome: Outcome | undefined): Call | undefined {
    if (outcome === undefined || !row.path.includes('/*')) return outcome?.routes[0];
    if (!row.path.endsWith(')')) return outcome.answeredBy ?? undefined;
    return outcome.functions.find((call) => isRowOf(row, call, watch.mounted));
  }

  /** Whether a function in front has answered that the list names: the app refuses some methods itself. */
  function isStopped({ opaque }: RouteRow, { method }: SampleRequest, outcome: Outcome | undefined): boolean {
    const answeredBy = outcome?.answeredBy ?? null;
    if (answeredBy === null) return false;
    const { name } = answeredBy;
    return isPreflight(answeredBy, method) || ((given.stops ?? []).includes(name) && opaque.includes(name));
  }

  it('are all in the list: what any request reaches has a row, or is named as middleware', async () => {
    const missing = new Set<string>();
    const inMiddleware = new Set<string>();
    const requests = [...given.documented.map(toRequest), ...crawl(given, rows, watch.mounted)];
    const outcomes = await server.sendAll(requests);
    for (const [index, request] of requests.entries()) {
      const { routes = [], answeredBy = null } = outcomes[index] ?? {};
      const calls =
        answeredBy === null || isPreflight(answeredBy, request.method) ? routes : [...routes, answeredBy];
      for (const call of calls) {
        const listed = call.within ?? call;
        for (const path of findMissing(listed, request.method, report, watch.mounted)) {
          missing.add(`${describeRequest(request)}: ${path} (${listed.name})`);
        }
        if (!rows.some((row) => hasMethod(row, request.method) && isRowOf(row, listed, watch.mounted)))
          inMiddleware.add(listed.name);
      }
      const isDocumented = given.documented.includes(describeRequest(request));
      if (isDocumented && calls.length === 0) missing.add(`${describeRequest(request)} reaches nothing`);
    }
    expect([...missing]).toEqual([]);
    expect([...inMiddleware].toSorted()).toEqual([...(given.middlewareThatAnswers ?? [])].toSorted());
    expect(requests.length).toBeGreaterThan(150);
  });

  it('have their whole paths, or are marked where Express does not keep them', () => {
    const marked = rows.filter(({ path }) => path.includes('…'));
    expect(rows.filter(({ isPathKnown }) => !isPathKnown)).toEqual(marked);
    // Each of the apps mounts something elsewhere than at `/`.
    const isHidden = router === 'router2.2';
    expect(marked.length > 0).toBe(isHidden);
    expect(String(report).includes('Express does not keep the path of a mount')).toBe(isHidden);
  });

  it('are all named as unguarded without a guard, and with one behind them', () => {
    for (const each of [app, guardedTooLate]) {
      const message = readMessage(each);
      for (const { methods, path } of rows) expect(message).toContain(`  ${methods.join()} ${path}`);
    }
    expect(apiKeys.routes(guardedTooLate).routes.every(({ guards }) => guards.length === 0)).toBe(true);
  });

  function readMessage(of: Express): string {
    try {
      apiKeys.assertAllRoutesGuarded(of);
    } catch (error) {
      return (error as Error).message;
    }
    return 'passed';
  }

  it('pass with a guard in front, and answer nobody without a key', async () => {
    apiKeys.assertAllRoutesGuarded(guarded);
    const { routes } = apiKeys.routes(guarded);
    expect(routes.every(({ state }) => state === 'guarded')).toBe(true);
    const requests = rows.flatMap((row) =>
      fillPath(row, given, watch.mounted).flatMap((url) => createRequestsFor(row, url, given)),
    );
    const guardedServer = await watch.serve(toListener(guarded));
    const outcomes = await guardedServer.sendAll([...given.documented.map(toRequest), ...requests]);
    guardedServer.close();
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([401]));
    expect(outcomes.flatMap((outcome) => outcome.routes)).toEqual([]);
  });
});
