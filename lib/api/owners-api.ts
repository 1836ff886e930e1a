import type { PlanMembers } from '../domain/plan.js';
import type { Owner, OwnerWithCredits } from '../domain/owner-view.js';
import type { ErasedCounts, KeptData } from '../manage/report-erasure.js';
import type { PlanImpact } from '../manage/impact-tally.js';
import type { OwnerFilter } from '../manage/list-owners.js';
import type { Page } from '../manage/list-page.js';
import type { CallActor } from './call-actor.js';
import type { CallOptions, ChangeOptions, ExpectedVersionOption } from './call-options.js';

/** Who manages owners. */
export type OwnerManager = Exclude<CallActor, { kind: 'owner' }>;

/** Which owner a command is about. */
export interface OwnerReference {
  readonly ownerId: string;
}

/** The plan of an owner; what is left out stays as it is. */
export interface OwnerPlan extends OwnerReference {
  /** One of the option `plans`; `null`: the default plan. */
  readonly plan?: string | null;
  /** What this owner gets instead of what the plan says, member by member; `null`: nothing. */
  readonly overrides?: PlanMembers | null;
}

/** What is asked about a plan: at least one of `plan` and `as`. */
export interface PlanQuestion {
  /** One of the option `plans`; `null`: the default plan. Without `as`: owners would move to it. */
  readonly plan?: string | null;
  /** The members that the plan would have instead, for the owners who have it; without `plan`, those of a plan that owners would get. */
  readonly as?: PlanMembers;
  /** Only this owner, whichever plan it has. Default: every owner with keys. */
  readonly ownerId?: string;
}

/** A suspension. */
export interface OwnerSuspension extends OwnerReference {
  /** Why, for operators: up to 1,000 characters. Never sent to callers. */
  readonly suspensionReason?: string | null;
}

/** What an erasure has removed, and what had to stay. */
export interface ErasureReport {
  readonly ownerId: string;
  /** How many keys were revoked by this call. */
  readonly revokedKeys: number;
  /** What was removed by this call: 0 for what an earlier call removed. */
  readonly removed: ErasedCounts;
  /** What had to stay, and why. */
  readonly kept: readonly KeptData[];
  /** `null`: no process accepts a key of the owner, or acts on a copy with erased data, any more. Otherwise the time from which none does. */
  readonly effectiveBy: Date | null;
}

/** An owner after a change. */
export interface ChangedOwner extends Owner {
  /** `null`: no process acts on the old rights any more. Otherwise the time from which none does. */
  readonly effectiveBy: Date | null;
}

/**
 * The commands of `apiKeys.owners` on behalf of one actor: what `owners.as(actor)` returns. Errors that all of them throw are
 * listed at {@link OwnersApi}.
 */
export interface ActingOwnersApi {
  /**
   * What is recorded about an owner, and what is left of the credits that the plan gives. An owner about whom nothing is recorded is in good standing, at version 0.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`
   *
   * @example
   * const { suspendedAt, credits } = await owners.get({ ownerId: 'alice' });
   */
  get(input: OwnerReference): Promise<OwnerWithCredits>;

  /**
   * The owners about whom something is recorded, by their ids; `q` is a part of an id.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`
   *
   * @example
   * const { items, nextCursor } = await owners.list({ suspended: true });
   */
  list(filter?: OwnerFilter): Promise<Page<Owner>>;

  /**
   * What keys would lose if a plan were changed, or if owners moved to it; nothing is changed. It reads keys owner by owner, some at a
   * time, so with many keys it takes a while.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, also for an unknown plan
   *
   * @example
   * const { keys, items } = await apiKeys.owners.as({ kind: 'application' }).impact({ plan: 'free', as: { maxKeys: 1 } });
   */
  impact(question: PlanQuestion): Promise<PlanImpact>;

  /**
   * Changes the plan of an owner, or what this owner gets instead of what the plan says. With `effectiveBy` null, no process
   * acts on the old rights in any request that is sent after the answer.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, also for an unknown plan; `ERR_API_KEYS_PRECONDITION_FAILED` for
   * another version than expected
   *
   * @example
   * await apiKeys.owners.as({ kind: 'application' }).set({ ownerId: 'alice', plan: 'pro', overrides: { maxKeys: 20 } });
   */
  set(input: OwnerPlan, options?: ExpectedVersionOption): Promise<ChangedOwner>;

  /**
   * Refuses every key, access token and signature of an owner with `owner_suspended`, until `resume`. With `effectiveBy` null,
   * no process accepts one in any request that is sent after the answer. Suspending a suspended owner changes nothing but the
   * reason.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`; `ERR_API_KEYS_PRECONDITION_FAILED` for another version than expected
   *
   * @example
   * await apiKeys.owners.as({ kind: 'application' }).suspend({ ownerId: 'alice', suspensionReason: 'Invoice 17 is overdue' });
   */
  suspend(input: OwnerSuspension, options?: ExpectedVersionOption): Promise<ChangedOwner>;

  /**
   * Accepts the keys of an owner again, as far as each key itself allows.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`; `ERR_API_KEYS_PRECONDITION_FAILED` for another version than expected
   *
   * @example
   * await apiKeys.owners.as({ kind: 'application' }).resume({ ownerId: 'alice' });
   */
  resume(input: OwnerReference, options?: ExpectedVersionOption): Promise<ChangedOwner>;

  /**
   * Revokes all keys of an owner, with the promise of a revocation, and then erases what may name a person: names, descriptions,
   * metadata, tags, addresses, members and comments. The audit log still verifies. It can be repeated: after a failure, that continues
   * with the rest.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`; `ERR_API_KEYS_PRECONDITION_FAILED` for another version than expected
   *
   * @example
   * const { removed, kept } = await apiKeys.owners.as({ kind: 'application' }).erase({ ownerId: 'alice' });
   */
  erase(input: OwnerReference, options?: ExpectedVersionOption): Promise<ErasureReport>;
}

/**
 * What owners may do now. `owners.as(actor)` is the short way; with `(input, { actor })` each call names its own actor: an
 * admin or the app itself.
 *
 * All methods throw ApiKeysError with a `code`: `ERR_API_KEYS_FORBIDDEN` to owners, `ERR_API_KEYS_UNAVAILABLE` when the database
 * does not respond; the change may have been made. InvalidOptionError (`ERR_API_KEYS_INVALID_OPTION`) is thrown for a missing
 * or invalid actor, unknown options, an input that is no object, and conditions, `plan` and `overrides` that are `undefined`.
 */
export interface OwnersApi {
  /**
   * The same on behalf of one actor, which is checked and copied here.
   *
   * @throws InvalidOptionError (`ERR_API_KEYS_INVALID_OPTION`) for an actor that is missing or invalid
   *
   * @example
   * const owners = apiKeys.owners.as({ kind: 'application' });
   */
  as(actor: OwnerManager): ActingOwnersApi;

  /** See {@link ActingOwnersApi.get}. */
  get(input: OwnerReference, options: CallOptions): Promise<OwnerWithCredits>;

  /** See {@link ActingOwnersApi.list}. */
  list(filter: OwnerFilter, options: CallOptions): Promise<Page<Owner>>;

  /** See {@link ActingOwnersApi.impact}. */
  impact(question: PlanQuestion, options: CallOptions): Promise<PlanImpact>;

  /** See {@link ActingOwnersApi.set}. */
  set(input: OwnerPlan, options: ChangeOptions): Promise<ChangedOwner>;

  /** See {@link ActingOwnersApi.suspend}. */
  suspend(input: OwnerSuspension, options: ChangeOptions): Promise<ChangedOwner>;

  /** See {@link ActingOwnersApi.resume}. */
  resume(input: OwnerReference, options: ChangeOptions): Promise<ChangedOwner>;

  /** See {@link ActingOwnersApi.erase}. */
  erase(input: OwnerReference, options: ChangeOptions): Promise<ErasureReport>;
}
