import type { ChangeActor } from '../domain/actor.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { anyScope } from './any-scope.js';

/** On whose behalf a command runs, and what its audit event says about that. */
export interface ChangeContext {
  readonly actor: ChangeActor;
  /** Where the request came from; `null` without HTTP. */
  readonly address: string | null;
  /** The id that the request came with; `null` when it had none, and without HTTP. */
  readonly requestId: string | null;
  /** The scope of the app with which a key may manage keys; `null` when keys may not. */
  readonly managementScope: string | typeof anyScope | null;
  /**
   * Whether an access token manages keys for as long as its key could, and rotates that key: for dialects whose contracts
   * let tokens manage keys. Default: `false`.
   */
  readonly tokensActAsKeys?: boolean;
}

/** A change that was committed. */
export interface Changed {
  readonly record: ApiKeyRecord;
  /** `null` when every process sees the change already; else the time (epoch milliseconds) from which all do. */
  readonly effectiveBy: number | null;
}

/** A new token, which leaves here once. */
export interface WithToken {
  /** `null` for a key that is proven by a public key. */
  readonly token: string | null;
}

/** Which version of a key a change was made for: a version number, any of several, or `*` for any. */
export type ExpectedVersion = readonly number[] | '*' | undefined;

/** Named values of unknown types, as they come from a body or from untyped code. */
export type KeyInput = Readonly<Record<string, unknown>>;
