import type { RequiredScopes } from '../domain/required-scopes.js';
import type { CredentialSource } from './credential-source.js';
import type { GivenResources } from './requested-resources.js';
import type { RequiredScopesByMethod } from './required-scopes-by-method.js';

/** What a request must have, and what the app knows about it besides. */
export interface VerifyRequestOptions<S extends string, F extends string = never, R extends string = never> {
  /** Default: any valid key is allowed. */
  readonly scopes?: RequiredScopes<S> | RequiredScopesByMethod<S>;
  /** A feature that the key must have. */
  readonly feature?: F | undefined;
  /**
   * The resources that the request is about, by kind, or `'handler'` where your code filters by `apiKey.only(kind)` of the
   * verdict. Default: none, so that keys that are bound to single resources are refused.
   */
  readonly resources?: GivenResources<R> | undefined;
  /** What it takes from the limits and credits of the key, a whole number up to 1,000,000; 0 for nothing. Default: 1. */
  readonly cost?: number | undefined;
  /** The caller's address; without it, keys with an address allowlist are refused. */
  readonly address?: string | undefined;
  /**
   * Signed requests: `accepted` beside keys, or `required`. Needs the option `signatures` of createApiKeys. Default: signatures
   * are ignored.
   */
  readonly signed?: 'required' | 'accepted' | undefined;
  /**
   * The bytes of the body as they were sent, or a function that reads them, for signed requests. Called at most once, and only
   * for a signature that is valid so far. Default: the body of an `IncomingMessage` or of a `Request` is read and stays
   * readable. Of an object without a `content-length` nobody knows, except of GET and HEAD: pass `''` for none.
   */
  readonly body?: RequestBody | (() => RequestBody | Promise<RequestBody>) | undefined;
  /** Where keys are read. Default: what `createApiKeys` was given. */
  readonly credentialFrom?: readonly CredentialSource[] | undefined;
}

/** The bytes of a body. A string is taken as UTF-8. */
export type RequestBody = Uint8Array | string;
