import type { Request } from 'express';

/**
 * The resources that a request is about, by kind: an id, or several ids, all of which the request is about. `undefined` for
 * what a request does not name; keys that are bound to that kind are refused then.
 */
export type RequestedResources<R extends string> = {
  readonly [K in R]?: string | readonly string[] | undefined;
};

/**
 * Says which resources a request is about, or `handler` where the handler filters by `apiKeyOf(req).only(kind)`. Called once
 * for each request, after its key was authenticated; it must not be `async`.
 */
export type RequestedResourcesOption<R extends string> = [R] extends [never]
  ? never
  : 'handler' | ((req: Request) => RequestedResources<R> | null | undefined);

/** The same where it is known for the one request: `keys.verify` and `keys.verifyRequest`. */
export type GivenResources<R extends string> = [R] extends [never]
  ? never
  : 'handler' | RequestedResources<R>;
