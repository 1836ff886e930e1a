import type { CallActor } from './call-actor.js';

/** On whose behalf a call is made. */
export interface CallOptions {
  /** Required: `undefined` and `null` are refused, they never mean the app itself. */
  readonly actor: CallActor;
}

/** Which state of a key a change was decided on. */
export interface ExpectedVersionOption {
  /** The `version` that the key must still have; otherwise the change throws `precondition_failed`. Default: any. */
  readonly expectedVersion?: number;
}

/** Options of a change of one key. */
export interface ChangeOptions extends CallOptions, ExpectedVersionOption {}
