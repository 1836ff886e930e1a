import { readHandlerDescription, type GuardDescription } from '../../http/handler-description.js';
import type { AnyHandler } from './express-stack.js';
import type { RouteGuard } from './route-row.js';

/** Functions of Express and of well-known packages that decide nothing about who is calling, by their names. */
const harmless: ReadonlySet<string> = new Set([
  ...['query', 'expressInit', 'jsonParser', 'urlencodedParser', 'textParser', 'rawParser'],
  ...['corsMiddleware', 'helmetMiddleware', 'compression', 'cookieParser', 'logger', 'multerMiddleware'],
]);

/** What the handlers of one route and method are to those who look from outside. */
export interface ReadHandlers {
  /** Guards that run before a handler, in this order. */
  readonly guards: readonly GuardDescription[];
  /** Guards behind all handlers, which run only if these pass the request on. */
  readonly last: readonly GuardDescription[];
  /** Guards behind a handler that ends the request. */
  readonly never: readonly GuardDescription[];
  /** Why everybody may reach a handler behind it. */
  readonly openReason: string | null;
  /** The same for what comes behind this route. */
  readonly lastReason: string | null;
  /** Functions before the last one that cannot be looked into. */
  readonly opaque: readonly string[];
  /** Whether there is anything that may answer. */
  readonly mayAnswer: boolean;
  /** Whether a request may go on behind them. */
  readonly mayPassOn: boolean;
}

/** Reads handlers in their order, as far as their declarations say what they do. */
export function readHandlers(handlers: readonly AnyHandler[]): ReadHandlers {
  const guards: GuardDescription[] = [];
  const never: GuardDescription[] = [];
  const others: string[] = [];
  let last: GuardDescription[] = [];
  let openReason: string | null = null;
  let lastReason: string | null = null;
  let isHarmlessOnly = true;
  let hasEnded = false;
  for (const handler of handlers.filter(({ length }) => length !== 4)) {
    const description = readHandlerDescription(handler);
    if (description?.kind === 'guard') (hasEnded ? never : last).push(description);
    else if (description?.kind === 'open' && !hasEnded) lastReason ??= description.reason;
    else if (description === null && !hasEnded) {
      const isParser = !hasNoNext(handler) && isHarmless(handler);
      others.push(getNameOf(handler));
      hasEnded = hasNoNext(handler);
      isHarmlessOnly &&= isParser;
      // A guard decides about what comes behind it, and a parser answers nothing.
      if (isParser) continue;
      guards.push(...last);
      last = [];
      openReason ??= lastReason;
    }
  }
  // A parser before a guard that is all there is: this route is there for others behind it.
  const isGuardOnly = isHarmlessOnly && (last.length > 0 || lastReason !== null);
  const mayAnswer = others.length > 0 && !isGuardOnly;
  const opaque = others.slice(0, -1).filter((name) => !harmless.has(name));
  return { guards, last, never, openReason, lastReason, opaque, mayAnswer, mayPassOn: !hasEnded };
}

/** Whether a function declares that it is called with a request and a response alone; with none, it may read `arguments`. */
export function hasNoNext({ length }: AnyHandler): boolean {
  return length === 1 || length === 2;
}

/**
 * Whether a function decides nothing about who is calling and answers nothing of the app, as far as can be seen: by its name, or as
 * a limiter of express-rate-limit, which has no name.
 */
export function isHarmless(handler: AnyHandler): boolean {
  const { resetKey, getKey } = handler as { readonly resetKey?: unknown; readonly getKey?: unknown };
  return harmless.has(handler.name) || (typeof resetKey === 'function' && typeof getKey === 'function');
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
