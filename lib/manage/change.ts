import type { ChangeActor } from '../domain/actor.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { anyScope } from '../domain/any-scope.js';
import type { ParsedFields } from './parsed-fields.js';

/** The actor on whose behalf a command runs, and the request data for its audit event. */
export interface ChangeContext {
  readonly actor: ChangeActor;
  /** The address of the client; `null` without HTTP. */
  readonly address: string | null;
  /** The id of the request; `null` when it had none, and without HTTP. */
  readonly requestId: string | null;
  /** The scope that lets a key manage keys; `null`: keys may not manage keys. */
  readonly managementScope: string | typeof anyScope | null;
  /**
   * Whether an access token manages keys for as long as its key could, and rotates that key: for dialects whose contracts
   * let tokens manage keys. Default: `false`.
   */
  readonly tokensActAsKeys?: boolean;
  /**
   * Whether a key that a key makes gets the parent of that key, instead of becoming its child: for dialects, in whose contracts
   * keys make keys for the account. Default: `false`.
   */
  readonly makesEquals?: boolean;
}

/** A change that was committed. */
export interface Changed {
  readonly record: ApiKeyRecord;
  /** `null` when every process sees the change already; else the time (epoch milliseconds) from which all do. */
  readonly effectiveBy: number | null;
}

/** A new token, which is returned only once. */
export interface WithToken {
  /** `null` for a key with a public key. */
  readonly token: string | null;
}

/** The version of a key that a change expects: any of these numbers, or `*` for any version. */
export type ExpectedVersion = readonly number[] | '*' | undefined;

/** Unvalidated fields, from untyped code; or fields that an edge has parsed. */
export type KeyInput = Readonly<Record<string, unknown>> | ParsedFields;
