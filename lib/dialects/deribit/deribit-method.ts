import type { CalledMethod, Caller, Callers } from '../callers.js';
import type { DialectCall } from '../dialect-call.js';
import type { DialectHost, DialectKeyspace } from '../dialect-host.js';
import type { ResolvedDeribitOptions } from './deribit-options.js';

/**
 * The parameters of a call by name, body before query. Of a query they are texts or lists of texts, of a body any JSON. It
 * has no prototype.
 */
export type DeribitParams = Readonly<Record<string, unknown>>;

/** What every method works with; made once, when the router is. */
export interface DeribitParts {
  readonly host: DialectHost;
  readonly keyspace: DialectKeyspace;
  readonly options: ResolvedDeribitOptions;
  readonly callers: Callers;
}

/** One call of a public method. */
export interface PublicContext extends DeribitParts {
  readonly call: DialectCall;
  readonly params: DeribitParams;
}

/** One call of a private method by somebody who holds the method's scope. */
export interface PrivateContext extends PublicContext {
  readonly caller: Caller;
}

/** What a method has done. */
export interface MethodAnswer {
  /** `result` of the JSON-RPC answer. */
  readonly result: unknown;
  /** Epoch milliseconds: what was taken away may be accepted somewhere until then. Default: `null`, by nobody. */
  readonly effectiveBy?: number | null;
}

/** Does what was asked for. Throws ApiKeysError or DeribitError. */
export type RunMethod = () => Promise<MethodAnswer>;

/** A method that anybody may call. */
export interface PublicMethod {
  readonly name: `public/${string}`;
  /** Reads the parameters; a second factor is asked for between this and {@link RunMethod}. @throws DeribitError */
  prepare(context: PublicContext): RunMethod;
}

/** A method for who is known. */
export interface PrivateMethod {
  readonly name: `private/${string}`;
  /** What a key or token must hold; `null` for nothing. Who calls with an access token of the app holds all. */
  readonly scope: 'account:read' | 'account:read_write' | null;
  /** Whether the documents mark it with "TFA required". */
  readonly tfa: boolean;
  /** Whether a call without any parameter cannot be meant. */
  readonly needsParams: boolean;
  /** Reads the parameters; a second factor is asked for between this and {@link RunMethod}. @throws DeribitError */
  prepare(context: PrivateContext): RunMethod;
}

/** One row of the table of methods. */
export type DeribitMethod = PublicMethod | PrivateMethod;

/**
 * Finds out who calls a private method: `caller-authenticator.ts`. Who calls with an access token of the app has no scopes,
 * and may do everything with what is theirs.
 *
 * @throws ApiKeysError or DeribitError for who is not let in
 */
export type AuthenticateCaller = (
  call: DialectCall,
  params: DeribitParams,
  called: CalledMethod,
) => Promise<Caller>;
