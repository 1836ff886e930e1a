import {
  allowAbsent,
  withDefault,
  take,
  takeAsGiven,
  takeFlag,
  takeFunction,
  takeOneOf,
} from '../options/option-readers.js';
import { readOptions, type OptionReader, type ReadersOf } from '../options/read-options.js';
import type { RequestHandler } from 'express';
import type { CredentialSource } from '../http/credential-source.js';
import type { RefusalHandler } from '../http/refusal-handler.js';
import type { RequestedResourcesOption } from '../http/requested-resources.js';
import type { OnOption } from './binding-check.js';
import { enforcementReaders, type EnforcementOptions } from '../http/enforcement-options.js';

/** Options of one guard. */
export interface GuardOptions<
  F extends string = never,
  R extends string = never,
  On = RequestedResourcesOption<R>,
> extends EnforcementOptions {
  /**
   * Middleware for requests without a key of this package, so that the app's own authentication can decide about them. A
   * request whose key is refused never gets there.
   */
  readonly fallback?: RequestHandler | undefined;
  /**
   * What happens to a refused request: `respond` answers with a problem (RFC 9457), `next` passes an ApiKeysError to the
   * app's error handling, a function answers itself.
   *
   * @default 'respond'
   */
  readonly onRefusal?: 'respond' | 'next' | RefusalHandler | undefined;
  /**
   * Lets CORS preflights through (OPTIONS with `Origin` and `Access-Control-Request-Method`): browsers send them without
   * credentials. Needed only where the guard stands before the app's CORS middleware.
   *
   * @default false
   */
  readonly allowPreflight?: boolean | undefined;
  /**
   * Marks answers as private and as depending on the headers that keys are read from (`Cache-Control`, `Vary`). Without
   * it the app must see to it that no shared cache keeps them.
   *
   * @default true
   */
  readonly cacheHeaders?: boolean | undefined;
  /** A feature that the key must have, besides the scopes. */
  readonly feature?: F | undefined;
  /**
   * Which resources a request is about, for keys that are bound to single ones: a function, called once for each request after
   * the key was authenticated, or `'handler'` where the handler filters by `apiKeyOf(req).only(kind)`. A key that is bound to a
   * kind is refused (403 `resource_not_allowed`) where the function does not name that kind, or names an id that the key is not
   * bound to. Default: the guard looks at no resources, and bound keys are refused.
   *
   * @example
   * apiKeys.requireApiKey('orders:read', { on: (req) => ({ project: req.params.projectId }) });
   */
  readonly on?: On | undefined;
  /**
   * How much a request takes from the limits and credits of its key, a whole number up to 1,000,000; 0 for nothing.
   *
   * @default 1
   */
  readonly cost?: number | undefined;
  /**
   * Signed requests (RFC 9421, or HMAC with the secret): `accepted` beside keys, or `required`, so that a key alone is not
   * enough. Needs the option `signatures` of createApiKeys. Default: signatures are ignored.
   */
  readonly signed?: 'required' | 'accepted' | undefined;
  /** Where this guard reads keys. Default: what `createApiKeys` was given. */
  readonly credentialFrom?: readonly CredentialSource[] | undefined;
}

/** Takes the option `on`. */
export const takeOn: OptionReader<OnOption | undefined> = allowAbsent(
  take(
    "'handler' or a function from the request to ids by kind, for example (req) => ({ project: req.params.projectId })",
    (value): value is OnOption => value === 'handler' || typeof value === 'function',
  ),
);

const readers = {
  fallback: allowAbsent(takeFunction<RequestHandler>('a middleware function')),
  onRefusal: withDefault(
    take(
      "'respond', 'next' or a function",
      (value): value is 'respond' | 'next' | RefusalHandler =>
        value === 'respond' || value === 'next' || typeof value === 'function',
    ),
    'respond',
  ),
  allowPreflight: withDefault(takeFlag, false),
  cacheHeaders: withDefault(takeFlag, true),
  credentialFrom: takeAsGiven<readonly CredentialSource[] | undefined>(),
  feature: takeAsGiven<string | undefined>(),
  on: takeOn,
  signed: allowAbsent(takeOneOf('required', 'accepted')),
  cost: takeAsGiven<unknown>(),
  ...enforcementReaders,
} satisfies ReadersOf<GuardOptions<string, string>>;

/** Options of a guard with their defaults; `feature`, `cost` and `credentialFrom` are still to be checked. */
export interface ReadGuardOptions extends EnforcementOptions {
  readonly fallback: RequestHandler | undefined;
  readonly onRefusal: 'respond' | 'next' | RefusalHandler;
  readonly allowPreflight: boolean;
  readonly cacheHeaders: boolean;
  readonly credentialFrom: readonly CredentialSource[] | undefined;
  readonly feature: string | undefined;
  readonly on: OnOption | undefined;
  readonly signed: 'required' | 'accepted' | undefined;
  readonly cost: unknown;
}

/** @throws InvalidOptionError for an option that is unknown or has a wrong value */
export function readGuardOptions(options: unknown, what = 'requireApiKey'): ReadGuardOptions {
  return readOptions(what, options, readers, {
    example: "{ onRefusal: 'next' }; several scopes go into { all: […] }",
    renamed: { otherwise: 'fallback' },
  });
}
