import type { TimedAnswer } from '../harness/start-orders.js';

/**
 * What clients do to keys. `narrow` takes a scope away, `widen` gives it back; `expire` gives a key an end, and `prolong` takes
 * that off again; `exchange` gets an access token, and `revoke token` revokes one; `make child` lets a key make a key, which ends
 * with it. `suspend`, `resume`, `demote`, `restrict` and `promote` concern the owner of a key: another plan, overrides, and neither. `regive` and `exceed` are attempts of an actor whose grants lack what they ask for: to give a key back
 * what was taken from it, and to get a key that has it.
 */
export type Action =
  | 'create'
  | 'exchange'
  | 'make child'
  | 'use'
  | 'revoke'
  | 'revoke token'
  | 'disable'
  | 'enable'
  | 'expire'
  | 'prolong'
  | 'rotate'
  | 'suspend'
  | 'resume'
  | 'demote'
  | 'restrict'
  | 'promote'
  | 'regive'
  | 'exceed'
  | 'narrow'
  | 'widen';

/**
 * One secret or access token for one purpose, as `k1#2 write` and `k1~1 read`, or that of the first key below, `k1>1 read`: what
 * changes give and take, and what a use needs.
 */
export type Capability = string;

/** How an operation ended. `null`: no answer came, or the connection broke. */
export type Outcome = Pick<TimedAnswer, 'status' | 'code'> & {
  /** Wall clock in milliseconds. */
  readonly effectiveBy?: number | undefined;
  /** The version of the key, or of its owner after a change of that, where the answer shows it. */
  readonly version?: number | undefined;
};

/** One operation of one client. Times are milliseconds of the test process. */
export interface Operation {
  readonly action: Action;
  readonly process: string;
  readonly keyId: string;
  /** Of a change of the key's owner. */
  readonly ownerId?: string | undefined;
  readonly startedAt: number;
  readonly startedAtWall: number;
  readonly endedAt: number;
  readonly outcome: Outcome | null;
  /** What a use needs. */
  readonly needs?: Capability | undefined;
  readonly takes?: readonly Capability[] | undefined;
  readonly gives?: readonly Capability[] | undefined;
  /** From when on that is taken which it takes, by the wall clock in milliseconds; absent: at once. */
  readonly takesAtWall?: number | undefined;
  /** Operations of one race ask for the same version of one key, so that only one of them can win. */
  readonly race?: string | undefined;
}

/** A time in which something was wrong, on the monotonic clock. */
export interface Disturbance {
  readonly fault: string;
  /** Which process stood still or was killed; absent: all were concerned, and none stood still. */
  readonly process?: string | undefined;
  readonly from: number;
  readonly to: number;
}

/** All that was done and all that went wrong in one run. */
export interface History {
  readonly operations: readonly Operation[];
  readonly disturbances: readonly Disturbance[];
}
