import type { Request } from 'express';

/**
 * The resources that a request is about, by kind: an id, or several ids, all of which the request is about. `undefined` for
 * what a request does not name; keys that are bound to that kind are refused then.
 */
export type RequestedResources<R extends string> = {
  readonly [K in R]?: RequestedIds;
};

type RequestedIds = string | readonly string[] | undefined;

/**
 * Says which resources a request is about, or `handler` where the handler filters by `apiKeyOf(req).only(kind)`. Called once
 * for each request, after its key was authenticated; it must not be `async`.
 */
export type RequestedResourcesOption<R extends string> = [R] extends [never]
  ? never
  : 'handler' | ((req: Request) => RequestedResources<R> | null | undefined);

/**
 * The same for a function whose result is known, `T`. What is returned may have more members than the type that it is returned
 * as, so the result itself is checked: a kind that is not known would be answered with 500.
 */
export type CheckedResourcesOption<R extends string, T> = [R] extends [never]
  ? never
  : 'handler' | (((req: Request) => T) & { readonly [N in MistakesIn<T, R>]: 'names a kind and its ids' });

/** The members of a result that are no kinds, and kinds with something else than ids. */
type MistakesIn<T, R extends string> = 0 extends T & 1
  ? never
  : T extends unknown
    ? {
        [N in keyof T]-?: N extends R ? (T[N] extends RequestedIds ? never : N) : N;
      }[keyof T]
    : never;

/** What a function may return: `null` and `undefined` name nothing. */
export type ResourcesResult = object | null | undefined;

/** The same where it is known for the one request: `keys.verify` and `keys.verifyRequest`. */
export type GivenResources<R extends string> = [R] extends [never]
  ? never
  : 'handler' | RequestedResources<R>;
