import { METHODS } from 'node:http';
import { readHandlerDescription, type GuardDescription } from '../../http/handler-description.js';
import {
  getRouterOf,
  isExpressApp,
  isRouter,
  type AnyHandler,
  type Layer,
  type MountedApp,
  type Route,
  type Router,
} from './express-stack.js';
import { isPassed, joinWays, type InFront } from './in-front.js';
import { getLayerPaths, type LayerPath } from './layer-paths.js';
import { getMountedApp } from './mounted-app.js';
import {
  isHarmless,
  getNameOf,
  readHandlers,
  hasNoNext,
  toRouteGuard,
  type ReadHandlers,
} from './route-handlers.js';
import type { LateGuard, RouteRow } from './route-row.js';
import { createSamplePaths, takeMatch } from './sample-paths.js';

/** What an app has mounted. */
export interface ListedRoutes {
  readonly rows: readonly RouteRow[];
  readonly late: readonly LateGuard[];
  /** Functions that are mounted with `use`, and that cannot be looked into: they may answer, too. */
  readonly middleware: ReadonlyArray<{ readonly path: string; readonly name: string }>;
  /** The scopes that routers of this package use. */
  readonly scopes: readonly string[];
}

/** Where a router is mounted. */
interface Place {
  /** The paths before it, without a slash at the end. */
  readonly path: string;
  readonly isKnown: boolean;
  readonly inFront: readonly InFront[];
  /** The router of this package that it is part of, or `null`. */
  readonly own: string | null;
  readonly depth: number;
}

/** A route with its paths in the router that is looked at. */
interface Found {
  readonly row: RouteRow;
  readonly samples: readonly string[];
  /** Whether its handlers may pass a request on. */
  readonly mayPassOn: boolean;
}

/** Routers that are mounted in themselves end here. */
const maxDepth = 20;
const unknownPath = '…';

/** Lists the routes of an app in the order in which Express looks at them. Nothing of the app runs. */
export function listRoutes(app: MountedApp): ListedRoutes {
  const lister = new RouteLister();
  const root: Place = { path: '', isKnown: true, inFront: [], own: null, depth: 0 };
  const router = getRouterOf(app);
  if (router !== null) lister.listRouter(router, root);
  return lister;
}

class RouteLister implements ListedRoutes {
  readonly rows: RouteRow[] = [];
  readonly late: LateGuard[] = [];
  readonly middleware: Array<{ path: string; name: string }> = [];
  readonly scopes: string[] = [];

  /** @returns the routes in it, with their paths from here */
  listRouter(router: Router, place: Place): readonly Found[] {
    const found: Found[] = [];
    const inFront = [...place.inFront];
    const here = { ...place, inFront };
    for (const layer of router.stack) {
      if (layer.route !== undefined) {
        found.push(...this.#listRoute(layer, layer.route, router, here));
        continue;
      }
      const description = readHandlerDescription(layer.handle);
      if (description?.kind === 'guard') {
        this.#noteLate(description, layer, found);
        inFront.push({ layer, methods: null, ways: [''], seen: description });
      } else if (description?.kind === 'open') {
        inFront.push({ layer, methods: null, ways: [''], seen: description });
      } else if (description?.kind !== 'failClosed') {
        found.push(...this.#listMounted(layer, here, inFront));
      }
    }
    return found;
  }

  #listMounted(layer: Layer, place: Place, inFront: InFront[]): readonly Found[] {
    const { handle } = layer;
    const description = readHandlerDescription(handle);
    const app = isExpressApp(handle) ? handle : getMountedApp(handle);
    const router = app === null ? (isRouter(handle) ? handle : null) : getRouterOf(app);
    const own = description?.kind === 'router' ? description : null;
    if (own !== null) this.scopes.push(...own.scopes);
    // An app without routes has nothing that could answer.
    if (app !== null && router === null) return [];
    const paths = getLayerPaths(layer).map((path) => path ?? readMountPath(layer, app));
    if (router !== null) {
      return paths.flatMap((path) =>
        this.#descend(router, layer, path, { ...place, own: own?.what ?? place.own }),
      );
    }
    if (handle.length === 4) return [];
    const isFiles = handle.name === 'serveStatic';
    if (isFiles || hasNoNext(handle)) {
      return paths.flatMap((path) =>
        this.#addCatchAll(layer, path, isFiles ? ['GET', 'HEAD'] : ['*'], place),
      );
    }
    if (!isHarmless(handle) && place.own === null) {
      const name = getNameOf(handle);
      for (const path of paths) this.middleware.push({ path: join(place.path, path), name });
      inFront.push({ layer, methods: null, ways: [''], seen: { kind: 'opaque', name } });
    }
    return [];
  }

  #descend(router: Router, layer: Layer, path: LayerPath, place: Place): readonly Found[] {
    if (place.depth >= maxDepth) return [];
    const samples = createSamplePaths(layer, path);
    const inFront = place.inFront.map((front) => ({ ...front, ways: joinWays(front.ways, samples) }));
    const found = this.listRouter(router, {
      path: join(place.path, path).replace(/\/$/, ''),
      isKnown: place.isKnown && path !== null,
      inFront,
      own: place.own,
      depth: place.depth + 1,
    });
    return found.map((each) => ({ ...each, samples: joinWays(samples, each.samples) }));
  }

  /** A mounted function that answers whatever is below its path. */
  #addCatchAll(layer: Layer, path: LayerPath, methods: readonly string[], place: Place): readonly Found[] {
    const handlers = readHandlers([layer.handle]);
    const at = join(place.path, path).replace(/\/$/, '');
    const samples = createSamplePaths(layer, path);
    return this.#addRow(`${at}/*`, path, methods, handlers, samples, place, []);
  }

  #listRoute(
    layer: Layer,
    route: Route,
    router: Router,
    place: Place & { inFront: InFront[] },
  ): readonly Found[] {
    const groups = groupMethods(route);
    const found = getLayerPaths(layer).flatMap((path) => {
      const samples = createSamplePaths(layer, path);
      const params = listParams(router, path);
      return groups.flatMap(({ methods, handlers }) =>
        handlers.mayAnswer
          ? this.#addRow(join(place.path, path), path, methods, handlers, samples, place, params)
          : [],
      );
    });
    for (const { methods, handlers } of groups.filter((group) => group.handlers.mayPassOn)) {
      for (const seen of handlers.guards) place.inFront.push({ layer, methods, ways: [''], seen });
    }
    return found;
  }

  #addRow(
    path: string,
    own: LayerPath,
    methods: readonly string[],
    handlers: ReadHandlers,
    samples: readonly string[],
    place: Place,
    params: readonly string[],
  ): readonly Found[] {
    const [method = '*'] = methods;
    const passed = place.inFront.filter((front) => isPassed(front, method, samples)).map(({ seen }) => seen);
    const guards = [...passed.filter((seen) => seen.kind === 'guard'), ...handlers.guards];
    const opened = passed.find((seen) => seen.kind === 'open')?.reason ?? handlers.openReason;
    // What routers of this package do inside is theirs.
    const opaque =
      place.own !== null
        ? []
        : [
            ...passed.flatMap((seen) => (seen.kind === 'opaque' ? [seen.name] : [])),
            ...params,
            ...handlers.opaque,
          ];
    const shown = guards.map((guard) => toRouteGuard(guard, method));
    const byGuards = shown.some(({ isObserving }) => !isObserving) ? 'guarded' : 'observed';
    const decided =
      guards.length > 0 ? byGuards : opened !== null ? 'open' : place.own !== null ? 'own' : null;
    const row: RouteRow = {
      methods,
      path,
      isPathKnown: place.isKnown && own !== null,
      state: decided ?? (opaque.length > 0 ? 'unknown' : 'unguarded'),
      guards: shown,
      reason: opened,
      router: place.own,
      opaque,
    };
    this.rows.push(row);
    for (const guard of handlers.never) this.#addLate(row, guard, 'never');
    return [{ row, samples, mayPassOn: handlers.mayPassOn }];
  }

  /** A guard that is mounted behind routes that it looks as if it were for. */
  #noteLate(guard: GuardDescription, layer: Layer, found: readonly Found[]): void {
    for (const { row, samples, mayPassOn } of found) {
      const isFor = samples.some((sample) => takeMatch(layer, sample === '' ? '/' : sample) !== null);
      if (isFor && (row.state === 'unguarded' || row.state === 'unknown'))
        this.#addLate(row, guard, mayPassOn ? 'unless passed on' : 'never');
    }
  }

  #addLate({ path, methods }: RouteRow, guard: GuardDescription, runs: LateGuard['runs']): void {
    this.late.push({ path, methods, requires: toRouteGuard(guard, methods[0] ?? '*').requires, runs });
  }
}

interface MethodGroup {
  readonly methods: readonly string[];
  readonly handlers: ReadHandlers;
}

/** The methods of a route, those with the same handlers together; `all` as `*`. */
function groupMethods({ stack }: Route): readonly MethodGroup[] {
  const groups: Array<{ methods: string[]; list: readonly AnyHandler[]; handlers: ReadHandlers }> = [];
  const named = [...new Set(stack.flatMap(({ method }) => method ?? []))];
  for (const method of [...named, ...(stack.some((layer) => layer.method === undefined) ? [null] : [])]) {
    const list = stack
      .filter((layer) => layer.method === undefined || layer.method === method)
      .map(({ handle }) => handle);
    const name = method?.toUpperCase() ?? '*';
    const handlers = readHandlers(list);
    const same = groups.find(
      (group) =>
        list.length === group.list.length &&
        list.every((handler, index) => handler === group.list[index]) &&
        requireSame(handlers.guards, group.methods[0] ?? '*', name),
    );
    if (same === undefined) groups.push({ methods: [name], list, handlers });
    else same.methods.push(name);
  }
  return groups.map(({ methods, handlers }) => ({ methods: completeMethods(methods, named), handlers }));
}

function requireSame(guards: readonly GuardDescription[], one: string, other: string): boolean {
  return guards.every((guard) => toRouteGuard(guard, one).requires === toRouteGuard(guard, other).requires);
}

/** `app.all` names every method there is; and Express answers HEAD where GET is. */
function completeMethods(methods: readonly string[], named: readonly string[]): readonly string[] {
  if (METHODS.every((method) => methods.includes(method))) return ['*'];
  const isHeadToo = methods.includes('GET') && !named.includes('head');
  return isHeadToo ? methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])) : methods;
}

/** The callbacks of `router.param` that run before the handlers of a route, and before its guard. */
function listParams({ params = {} }: Router, path: LayerPath): readonly string[] {
  if (typeof path !== 'string') return [];
  return Object.keys(params)
    .filter((name) => new RegExp(`[:*]${name.replace(/\W/g, '\\$&')}(?!\\w)`).test(path))
    .map((name) => `param(${JSON.stringify(name)})`);
}

/** A sub-app knows where it was mounted last; that counts if the layer matches it. */
function readMountPath(layer: Layer, app: MountedApp | null): LayerPath {
  const path = app?.mountpath;
  return typeof path === 'string' && takeMatch(layer, path) === path ? path : null;
}

function join(before: string, path: LayerPath): string {
  if (path === null) return `${before}/${unknownPath}`;
  if (path instanceof RegExp) return `${before}[${String(path)}]`;
  return before !== '' && path === '/' ? before : before + path;
}
