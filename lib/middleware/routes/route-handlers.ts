import { readHandlerDescription, type GuardDescription } from '../../http/handler-description.js';
import type { AnyHandler } from './express-stack.js';
import type { RouteGuard } from './route-row.js';

/** Functions of Express and of well-known packages that decide nothing about who is calling, by their names. */
const harmless: ReadonlySet<string> = new Set([
  ...['query', 'expressInit', 'jsonParser', 'urlencodedParser', 'textParser', 'rawParser', 'serveStatic'],
  ...['corsMiddleware', 'helmetMiddleware', 'compression', 'cookieParser', 'logger', 'multerMiddleware'],
]);

/** What the handlers of one route and method are to those who look from outside. */
export interface ReadHandlers {
  /** Guards that run, in this order. */
  readonly guards: readonly GuardDescription[];
  /** Guards behind a handler that ends the request. */
  readonly never: readonly GuardDescription[];
  readonly openReason: string | null;
  /** Functions before the last one that cannot be looked into. */
  readonly opaque: readonly string[];
  /** Whether there is anything besides guards, so that something may answer. */
  readonly mayAnswer: boolean;
  /** Whether a request may go on behind them. */
  readonly mayPassOn: boolean;
}

/** Reads handlers in their order, as far as their declarations say what they do. */
export function readHandlers(handlers: readonly AnyHandler[]): ReadHandlers {
  const guards: GuardDescription[] = [];
  const never: GuardDescription[] = [];
  const others: string[] = [];
  let openReason: string | null = null;
  let hasEnded = false;
  for (const handler of handlers.filter(({ length }) => length !== 4)) {
    const description = readHandlerDescription(handler);
    if (description?.kind === 'guard') (hasEnded ? never : guards).push(description);
    else if (description?.kind === 'open' && !hasEnded) openReason ??= description.reason;
    else if (description === null && !hasEnded) {
      others.push(getNameOf(handler));
      hasEnded = hasNoNext(handler);
    }
  }
  return {
    guards,
    never,
    openReason,
    opaque: others.slice(0, -1).filter((name) => !harmless.has(name)),
    mayAnswer: others.length > 0,
    mayPassOn: !hasEnded,
  };
}

/** Whether a function declares that it is called with a request and a response alone; with none, it may read `arguments`. */
export function hasNoNext({ length }: AnyHandler): boolean {
  return length === 1 || length === 2;
}

/** Whether a mounted function decides nothing about who is calling, as far as its name says. */
export function isHarmless(handler: AnyHandler): boolean {
  return harmless.has(handler.name);
}

/** The name of a function, for those who look for it in the code of the app. */
export function getNameOf({ name }: AnyHandler): string {
  return name === '' ? '<anonymous>' : name;
}

/**
 * Describes a guard for requests with a method.
 *
 * @param method - in capital letters; `*` for any
 */
export function toRouteGuard(
  { what, requirementOf, scopes, feature, cost, hasFallback, isObserving }: GuardDescription,
  method: string,
): RouteGuard {
  const more = { what, feature, cost, hasFallback, isObserving: isObserving?.() ?? false };
  // A guard that requires the same of every method also knows what a method that does not exist requires.
  const requirement = requirementOf(method);
  if (requirement === null) {
    return method === '*'
      ? { ...more, requires: 'by method', scopes }
      : { ...more, requires: 'nothing is allowed', scopes: [] };
  }
  const words = requirement.kind === 'any' ? ' or ' : ' and ';
  const requires = requirement.kind === 'none' ? 'any key' : requirement.scopes.join(words);
  return { ...more, requires, scopes: requirement.scopes };
}
