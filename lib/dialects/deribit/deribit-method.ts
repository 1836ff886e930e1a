import type { KeyOperation } from '../../domain/actor-role.js';
import type { CalledMethod, Caller, Callers } from '../callers.js';
import type { DialectCall } from '../dialect-call.js';
import type { DialectHost, DialectKeyspace } from '../dialect-host.js';
import type { ResolvedDeribitOptions } from './deribit-options.js';

/**
 * The parameters of a call by name; the body takes precedence over the query. In a query they are strings or lists of strings,
 * in a body any JSON. The record has no prototype.
 */
export type DeribitParams = Readonly<Record<string, unknown>>;

/** The dependencies of every method, created once with the router. */
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

/** One call of a private method by an authenticated caller with the method's scope. */
export interface PrivateContext extends PublicContext {
  readonly caller: Caller;
}

/** The result of a method. */
export interface MethodAnswer {
  /** `result` of the JSON-RPC answer. */
  readonly result: unknown;
  /** Epoch milliseconds: some process may accept until then what was revoked. Default: `null`, no process does. */
  readonly effectiveBy?: number | null;
}

/** Runs the method. Throws ApiKeysError or DeribitError. */
export type RunMethod = () => Promise<MethodAnswer>;

/** A method without authentication. */
export interface PublicMethod {
  readonly name: `public/${string}`;
  /** Reads the parameters; a second factor is asked for between this and {@link RunMethod}. @throws DeribitError */
  prepare(context: PublicContext): RunMethod;
}

/** A method for authenticated callers. */
export interface PrivateMethod {
  readonly name: `private/${string}`;
  /** The scope that a key or token must hold; `null` for none. Callers with an access token of the app hold all scopes. */
  readonly scope: 'account:read' | 'account:read_write' | null;
  /** What it does with keys; a role that does not include it is refused before a second factor is asked for. Default: nothing. */
  readonly operation?: KeyOperation;
  /** Whether the documents mark it with "TFA required". */
  readonly tfa: boolean;
  /** Whether a call without any parameter is an error. */
  readonly needsParams: boolean;
  /** Whether the method changes nothing, however often it is called. Default: `false`. */
  readonly isRead?: true;
  /** Reads the parameters; a second factor is asked for between this and {@link RunMethod}. @throws DeribitError */
  prepare(context: PrivateContext): RunMethod;
}

/** One row of the table of methods. */
export type DeribitMethod = PublicMethod | PrivateMethod;

/** The called private method, as far as authentication depends on it. */
export interface CalledPrivateMethod extends CalledMethod {
  /** See {@link PrivateMethod.isRead}. */
  readonly isRead: boolean;
}

/**
 * Authenticates the caller of a private method: `caller-authenticator.ts`. A caller with an access token of the app has no
 * scopes, and may do with its own keys what its role and grants include, by default everything.
 *
 * @throws ApiKeysError or DeribitError for a refused caller
 */
export type AuthenticateCaller = (
  call: DialectCall,
  params: DeribitParams,
  called: CalledPrivateMethod,
) => Promise<Caller>;
