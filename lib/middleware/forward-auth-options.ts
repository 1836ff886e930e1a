import type { RequiredScopes } from '../domain/required-scopes.js';
import type { CredentialSource } from '../http/credential-source.js';
import type { RequestedResourcesOption } from '../http/requested-resources.js';
import type { RequiredScopesByMethod } from '../http/required-scopes-by-method.js';
import { allowAbsent, takeAsGiven, takeOneOf } from '../options/option-readers.js';
import { readOptions, refuseUnset, type ReadersOf } from '../options/read-options.js';
import type { OnOption } from './binding-check.js';
import type { ForwardingProxy } from './create-original-request.js';
import { takeOn } from './guard-options.js';

/** Options of one forward auth router. */
export interface ForwardAuthOptions<
  S extends string,
  F extends string = never,
  R extends string = never,
  On = RequestedResourcesOption<R>,
> {
  /** What a key must hold, by the method of the client's request too. Default: any valid key is allowed. */
  readonly scopes?: RequiredScopes<S> | RequiredScopesByMethod<S>;
  /** A feature that the key must have, besides the scopes. */
  readonly feature?: F | undefined;
  /**
   * Which resources a request is about, as for guards: a function of the client's request, which has no `params`, or `'handler'`
   * where the service behind the proxy filters by `X-Auth-Key-Resources`; keys of which nothing is left of a kind are refused there
   * too. A function needs `proxy`. Default: keys that are bound to single resources are refused.
   */
  readonly on?: On | undefined;
  /**
   * How much a request takes from the limits and credits of its key, a whole number up to 1,000,000; 0 for nothing.
   *
   * @default 1
   */
  readonly cost?: number | undefined;
  /**
   * The proxy that asks. It says where the method, the path and the host of the client's request are. Required with scopes by
   * method and with `signed`. Default: requests are logged as those of the proxy.
   */
  readonly proxy?: ForwardingProxy | undefined;
  /**
   * Signed requests: `accepted` beside keys, or `required`. Needs the option `signatures` of createApiKeys. Default: signatures
   * are ignored.
   */
  readonly signed?: 'required' | 'accepted' | undefined;
  /** Where keys are read. Default: what `createApiKeys` was given. */
  readonly credentialFrom?: readonly CredentialSource[] | undefined;
}

const readers = {
  scopes: takeAsGiven<unknown>(),
  feature: takeAsGiven<string | undefined>(),
  on: takeOn,
  cost: takeAsGiven<number | undefined>(),
  proxy: allowAbsent(takeOneOf('nginx', 'haproxy', 'traefik', 'caddy', 'envoy')),
  signed: allowAbsent(takeOneOf('required', 'accepted')),
  credentialFrom: takeAsGiven<readonly CredentialSource[] | undefined>(),
} satisfies ReadersOf<ForwardAuthOptions<string, string, string>>;

/** Options with the right kinds; `scopes`, `feature`, `cost` and `credentialFrom` are still to be checked. */
export type ReadForwardAuthOptions = Omit<ForwardAuthOptions<string, string>, 'scopes' | 'on'> & {
  readonly scopes: unknown;
  readonly on: OnOption | undefined;
};

/** @throws InvalidOptionError for unknown names and values of the wrong kind */
export function readForwardAuthOptions(input: unknown): ReadForwardAuthOptions {
  refuseUnset('forwardAuthRouter', input);
  return readOptions('forwardAuthRouter', input, readers, { example: "{ scopes: 'orders:read' }" });
}
