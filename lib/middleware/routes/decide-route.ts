import { METHODS } from 'node:http';
import type { GuardDescription } from '../../http/handler-description.js';
import { checkPassing, type InFront, type Passing } from './in-front.js';
import { toRouteGuard, type ReadHandlers } from './route-handlers.js';
import type { RouteGuard, RouteRow } from './route-row.js';
import type { RouteTarget } from './route-target.js';

/** What is known of a route besides what stands in front of it. */
export interface RouteFacts {
  readonly methods: readonly string[];
  /** Methods of the same route with other handlers, which `*` does not stand for. */
  readonly except: readonly string[];
  readonly target: RouteTarget;
  readonly inFront: readonly InFront[];
  readonly handlers: Pick<ReadHandlers, 'guards' | 'openReason' | 'opaque'>;
  /** Callbacks of parameters that run before the handlers. */
  readonly params: readonly string[];
  /** The router of this package that it is part of, or `null`. */
  readonly own: string | null;
}

/** What is decided about requests with some methods. */
export type Decision = Pick<RouteRow, 'methods' | 'state' | 'guards' | 'reason' | 'opaque' | 'gaps'>;

/** Tells for each method of a route what decides about its requests; methods with the same answer are together. */
export function decideRoute(facts: RouteFacts): readonly Decision[] {
  const judged = facts.inFront.flatMap((front) => {
    const passing = checkPassing(front, facts.target);
    return passing === 'none' ? [] : [{ front, passing }];
  });
  const isForAll = facts.methods.includes('*');
  const decisions = new Map<string, Decision & { methods: string[] }>();
  const methods = isForAll ? METHODS.filter((name) => !facts.except.includes(name)) : facts.methods;
  for (const method of methods) {
    const decision = decideMethod(method, facts, judged);
    const name = JSON.stringify(decision);
    const same = decisions.get(name);
    if (same === undefined) decisions.set(name, { methods: [method], ...decision });
    else same.methods.push(method);
  }
  return isForAll ? mergeMethods([...decisions.values()]) : [...decisions.values()];
}

/** Of a route for all methods, `*` stands for all that are not named, behind those that are. */
function mergeMethods(decisions: readonly Decision[]): readonly Decision[] {
  const [most, ...others] = decisions.toSorted((one, other) => other.methods.length - one.methods.length);
  return most === undefined ? [] : [...others, { ...most, methods: ['*'] }];
}

function decideMethod(
  method: string,
  { handlers, params, own }: RouteFacts,
  judged: ReadonlyArray<{ readonly front: InFront; readonly passing: Passing }>,
): Omit<Decision, 'methods'> {
  const forMethod = judged.filter(({ front }) => isForMethod(front, method));
  const passed = forMethod.filter(({ passing }) => passing === 'all').map(({ front }) => front.seen);
  const before = passed.filter((seen): seen is GuardDescription => seen.kind === 'guard');
  const guards = [...before, ...handlers.guards].map((guard) => toRouteGuard(guard, method));
  const reason = passed.find((seen) => seen.kind === 'open')?.reason ?? handlers.openReason;
  // What routers of this package do inside is theirs.
  const names = forMethod.flatMap(({ front: { seen } }) => (seen.kind === 'opaque' ? [seen.name] : []));
  const opaque = own === null ? [...names, ...params, ...handlers.opaque] : [];
  const decided = decideState(guards, reason, own);
  if (decided !== null) return { state: decided, guards, reason, opaque, gaps: [] };
  const partly = forMethod.flatMap(({ front, passing }) =>
    typeof passing === 'object' && front.seen.kind !== 'opaque' ? [{ front, example: passing.example }] : [],
  );
  const isUnknown = opaque.length > 0 || partly.some(({ example }) => example === null);
  const gaps = partly.map(({ front, example }) => describeGap(front, example));
  return { state: isUnknown ? 'unknown' : 'unguarded', guards, reason, opaque, gaps: [...new Set(gaps)] };
}

function isForMethod({ methods }: InFront, method: string): boolean {
  return methods === null || methods.includes('*') || methods.includes(method);
}

function decideState(
  guards: readonly RouteGuard[],
  openReason: string | null,
  own: string | null,
): RouteRow['state'] | null {
  if (guards.length > 0) return guards.some(({ isObserving }) => !isObserving) ? 'guarded' : 'observed';
  if (openReason !== null) return 'open';
  return own === null ? null : 'own';
}

/** Says why something in front does not count. */
function describeGap({ at, seen }: InFront, example: string | null): string {
  const what =
    seen.kind === 'guard'
      ? `${seen.what} (${toRouteGuard(seen, '*').requires})`
      : seen.kind === 'open'
        ? `open(${JSON.stringify(seen.reason)})`
        : seen.name;
  const reason =
    example === null
      ? 'may be for some of its paths only'
      : `does not run for ${JSON.stringify(at + example)}`;
  return `${what} in front ${reason}: mount it in the route, or with use at the path of its router or above`;
}
