import { readHandlerDescription, type GuardDescription } from '../../http/handler-description.js';
import { decideRoute } from './decide-route.js';
import {
  getRouterOf,
  isExpressApp,
  isRouter,
  type Layer,
  type MountedApp,
  type Route,
  type Router,
} from './express-stack.js';
import { groupMethods, type MethodGroup } from './group-methods.js';
import { checkPassing, type InFront } from './in-front.js';
import { isServingFiles } from './is-serving-files.js';
import { getLayerPaths, isAtRoot, type LayerPath } from './layer-paths.js';
import { getMountedApp } from './mounted-app.js';
import { isHarmless, getNameOf, readHandlers, hasNoNext, toRouteGuard } from './route-handlers.js';
import type { LateGuard, RouteRow } from './route-row.js';
import { RouteTarget } from './route-target.js';
import type { Step } from './sample-paths.js';
import { takeMatch } from './take-match.js';

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
  /** The layers that it is mounted with, the outermost first. */
  readonly steps: readonly Step[];
  /** The router of this package that it is part of, or `null`. */
  readonly own: string | null;
}

/** A route that was found, and how requests reach it. */
interface Found {
  readonly row: RouteRow;
  readonly target: RouteTarget;
  /** Whether its handlers may pass a request on. */
  readonly mayPassOn: boolean;
}

/** Routers that are mounted in themselves end here. */
const maxDepth = 20;
const unknownPath = '…';

/** Lists the routes of an app in the order in which Express looks at them. Nothing of the app runs. */
export function listRoutes(app: MountedApp): ListedRoutes {
  const lister = new RouteLister();
  const root: Place = { path: '', isKnown: true, inFront: [], steps: [], own: null };
  const router = getRouterOf(app);
  if (router !== null) lister.listRouter(router, root);
  return lister;
}

class RouteLister implements ListedRoutes {
  readonly rows: RouteRow[] = [];
  readonly late: LateGuard[] = [];
  readonly middleware: Array<{ path: string; name: string }> = [];
  readonly scopes: string[] = [];

  /** @returns the routes in it */
  listRouter(router: Router, place: Place): readonly Found[] {
    const found: Found[] = [];
    const here = { ...place, inFront: [...place.inFront] };
    for (const layer of router.stack) {
      if (layer.route !== undefined) {
        found.push(...this.#listRoute(layer, layer.route, router, here));
        continue;
      }
      const description = readHandlerDescription(layer.handle);
      if (description?.kind === 'guard') {
        this.#noteLate(description, layer, here, found);
        addInFront(here, layer, null, description);
      } else if (description?.kind === 'open') {
        addInFront(here, layer, null, description);
      } else if (description?.kind !== 'failClosed') {
        found.push(...this.#listMounted(layer, here));
      }
    }
    return found;
  }

  #listMounted(layer: Layer, place: OpenPlace): readonly Found[] {
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
        this.#descend(router, { layer, path }, { ...place, own: own?.what ?? place.own }),
      );
    }
    if (handle.length === 4) return [];
    const isFiles = isServingFiles(handle);
    if (isFiles || hasNoNext(handle)) {
      const methods = isFiles ? ['GET', 'HEAD'] : ['*'];
      return paths.flatMap((path) => this.#addCatchAll({ layer, path }, methods, place));
    }
    if (!isHarmless(handle) && place.own === null) this.#addMiddleware(layer, paths, place);
    return [];
  }

  #descend(router: Router, step: Step, place: Place): readonly Found[] {
    if (place.steps.length >= maxDepth) return [];
    return this.listRouter(router, {
      path: join(place.path, step.path).replace(/\/$/, ''),
      isKnown: place.isKnown && step.path !== null,
      inFront: place.inFront,
      steps: [...place.steps, step],
      own: place.own,
    });
  }

  /** A mounted function that answers whatever is below its path. */
  #addCatchAll(step: Step, methods: readonly string[], place: Place): readonly Found[] {
    const path = `${join(place.path, step.path).replace(/\/$/, '')}/*`;
    const group = { methods, handlers: readHandlers([step.layer.handle]) };
    return this.#addRows(path, step, group, place, { isOpenEnded: true });
  }

  /** A mounted function that may answer or pass requests on. At `/` of a router that is what most middleware is. */
  #addMiddleware(layer: Layer, paths: readonly LayerPath[], place: OpenPlace): void {
    const name = getNameOf(layer.handle);
    for (const path of paths) {
      const at = join(place.path, path);
      this.middleware.push({ path: at, name });
      if (isAtRoot(layer)) continue;
      const base = `${at.replace(/\/$/, '')}/* (${name}`;
      // Each has a name of its own, so that an entry of `open` for one does not open another one.
      const before = this.rows.filter((row) => row.path === `${base})` || row.path.startsWith(`${base}, `));
      const shown = before.length === 0 ? `${base})` : `${base}, ${before.length + 1})`;
      const group = { methods: ['*'], handlers: { ...readHandlers([]), opaque: [name] } };
      this.#addRows(shown, { layer, path }, group, place, { isOpenEnded: true, isMiddleware: true });
    }
    addInFront(place, layer, null, { kind: 'opaque', name });
  }

  #listRoute(layer: Layer, route: Route, router: Router, place: OpenPlace): readonly Found[] {
    const groups = groupMethods(route);
    const found = getLayerPaths(layer).flatMap((path) => {
      const params = listParams(router, path);
      return groups.flatMap((group) => {
        if (!group.handlers.mayAnswer) return [];
        const except = groups.flatMap(({ methods }) => (methods === group.methods ? [] : methods));
        return this.#addRows(join(place.path, path), { layer, path }, group, place, { params, except });
      });
    });
    for (const { methods, handlers } of groups.filter((group) => group.handlers.mayPassOn)) {
      for (const seen of [...handlers.guards, ...handlers.last]) addInFront(place, layer, methods, seen);
      const reason = handlers.openReason ?? handlers.lastReason;
      if (reason !== null) addInFront(place, layer, methods, { kind: 'open', reason });
    }
    return found;
  }

  #addRows(
    path: string,
    step: Step,
    { methods, handlers }: MethodGroup,
    place: Place,
    more: MoreOfRows,
  ): readonly Found[] {
    const { params = [], except = [], isOpenEnded = false, isMiddleware = false } = more;
    const target = new RouteTarget([...place.steps, step], isOpenEnded);
    const { inFront, own } = place;
    const decisions = decideRoute({ methods, except, target, inFront, handlers, params, own });
    const isPathKnown = place.isKnown && step.path !== null;
    const listed = isMiddleware ? decisions.filter(isUndecided) : decisions;
    const why = isMiddleware ? [describeMiddleware(path)] : [];
    const rows = listed.map((decision): RouteRow => ({
      ...{ ...decision, gaps: [...decision.gaps, ...why] },
      ...{ path, isPathKnown, router: own },
    }));
    this.rows.push(...rows);
    for (const row of rows) {
      for (const guard of handlers.never) this.#addLate(row, guard, 'never');
      if (isUndecided(row)) for (const guard of handlers.last) this.#addLate(row, guard, 'unless passed on');
    }
    return rows.map((row) => ({ row, target, mayPassOn: handlers.mayPassOn }));
  }

  /** A guard that is mounted behind routes that it looks as if it were for. */
  #noteLate(guard: GuardDescription, layer: Layer, place: Place, found: readonly Found[]): void {
    for (const { row, target, mayPassOn } of found.filter((each) => isUndecided(each.row))) {
      const passing = checkPassing({ layer, depth: place.steps.length }, target);
      if (passing !== 'none') this.#addLate(row, guard, mayPassOn ? 'unless passed on' : 'never');
    }
  }

  #addLate({ path, methods }: RouteRow, guard: GuardDescription, runs: LateGuard['runs']): void {
    this.late.push({ path, methods, requires: toRouteGuard(guard, methods[0] ?? '*').requires, runs });
  }
}

/** A router whose layers are being looked at, so that what stands in front grows. */
type OpenPlace = Place & { inFront: InFront[] };

interface MoreOfRows {
  readonly params?: readonly string[];
  readonly except?: readonly string[];
  readonly isOpenEnded?: boolean;
  /** Whether it may be there to pass requests on, so that there is a row only where nothing decides. */
  readonly isMiddleware?: boolean;
}

function describeMiddleware(path: string): string {
  return `it may also answer itself: place a guard before it, or, if it only passes requests on, list ${JSON.stringify(path)} in open`;
}

function addInFront(
  place: OpenPlace,
  layer: Layer,
  methods: readonly string[] | null,
  seen: InFront['seen'],
): void {
  place.inFront.push({ layer, methods, depth: place.steps.length, at: place.path, seen });
}

function isUndecided({ state }: Pick<RouteRow, 'state'>): boolean {
  return state === 'unguarded' || state === 'unknown';
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
  if (typeof path !== 'string' || takeMatch(layer, path) !== path) return null;
  return /[:*{]/.test(path) || takeMatch(layer, '/~never-mounted') === null ? path : null;
}

function join(before: string, path: LayerPath): string {
  if (path === null) return `${before}/${unknownPath}`;
  if (path instanceof RegExp) return `${before}[${String(path)}]`;
  return before !== '' && path === '/' ? before : before + path;
}
