import type { ScopeRequirement } from '../domain/scope-requirement.js';

/** What a guard says about itself. */
export interface GuardDescription {
  readonly kind: 'guard';
  /** `requireApiKey` or `mcpGuard`. */
  readonly what: string;
  /** What a request with a method needs; `null` for methods that are refused. */
  readonly requirementOf: (method: string) => ScopeRequirement | null;
  /** Every scope that it may ask for. */
  readonly scopes: readonly string[];
  readonly feature: string | null;
  /** What a request takes from the limits of its key. */
  readonly cost: number;
  /** Whether requests without a key are left to the app's own authentication. */
  readonly hasFallback: boolean;
  /** Whether it lets through what it would refuse, now; absent: it never does. */
  readonly isObserving?: () => boolean;
}

/** What a function of this package says about itself, for those that list the routes of an app. */
export type HandlerDescription =
  | GuardDescription
  | { readonly kind: 'open'; readonly reason: string }
  /** A router that decides about all of its requests. */
  | { readonly kind: 'router'; readonly what: string; readonly scopes: readonly string[] }
  | { readonly kind: 'failClosed' };

/** The same in both builds of the package: one process may load both. */
const description = Symbol.for('express-api-keys.description');

/** Attaches a description to a handler, where only those who know the symbol see it. */
export function describeHandler<T extends object>(handler: T, what: HandlerDescription): T {
  Object.defineProperty(handler, description, { value: what });
  return handler;
}

/** Returns what a handler says about itself; `null` for handlers of others. */
export function readHandlerDescription(handler: unknown): HandlerDescription | null {
  if (typeof handler !== 'function') return null;
  return (handler as { readonly [description]?: HandlerDescription })[description] ?? null;
}
