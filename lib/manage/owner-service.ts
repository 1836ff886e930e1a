import type { OwnerRecord } from '../domain/owner.js';
import type { ChangeContext, ExpectedVersion, KeyInput } from './change.js';
import type { ChangedOwner } from './change-owner.js';
import { createNarrowingQueuing, createNeutralQueuing, createRevocationQueuing } from './change-queuing.js';
import { eraseOwner, type ErasedOwner } from './erase-owner.js';
import { getOwner, getOwnerAndCredits, type OwnerAndCredits } from './get-owner.js';
import { getPlanImpact } from './get-plan-impact.js';
import type { PlanImpact } from './impact-tally.js';
import type { Page } from './list-page.js';
import { listOwners, type OwnerFilter } from './list-owners.js';
import type { ManagePorts } from './manage-ports.js';
import type { ParsedFields } from './parsed-fields.js';
import { RepeatableChanges, type RepeatableResult } from './repeatable-changes.js';
import { replayOwnerChange } from './replay-owner-change.js';
import { resumeOwner } from './resume-owner.js';
import { setOwner } from './set-owner.js';
import { suspendOwner } from './suspend-owner.js';

/**
 * Management of owners without HTTP, for admins and the app's own code. Inputs are validated here, whatever their type, unless
 * an edge has parsed them.
 *
 * Every method throws ApiKeysError: `forbidden` to owners and keys, `invalid_request`, `precondition_failed` when `expected`
 * does not include the stored version, `unavailable` when the store does not respond (the change may have been made).
 */
export interface OwnerService {
  get(context: ChangeContext, ownerId: string): Promise<OwnerRecord>;
  getWithCredits(context: ChangeContext, ownerId: string): Promise<OwnerAndCredits>;
  list(context: ChangeContext, filter: OwnerFilter | ParsedFields): Promise<Page<OwnerRecord>>;
  /** What keys would lose under another plan: `input` contains `plan`, `as` or both, and perhaps an `ownerId`. */
  impact(context: ChangeContext, input: KeyInput | ParsedFields): Promise<PlanImpact>;
  /** `input` contains `plan`, `overrides` or both. */
  set(
    context: ChangeContext,
    ownerId: string,
    input: KeyInput,
    expected?: ExpectedVersion,
  ): Promise<ChangedOwner>;
  /** `input` may contain a `suspensionReason`. */
  suspend(
    context: ChangeContext,
    ownerId: string,
    input?: KeyInput,
    expected?: ExpectedVersion,
  ): Promise<ChangedOwner>;
  resume(
    context: ChangeContext,
    ownerId: string,
    input?: KeyInput,
    expected?: ExpectedVersion,
  ): Promise<ChangedOwner>;
  /** Ends all keys of the owner, and erases what may name a person. Repeating it continues after a failure. */
  erase(context: ChangeContext, ownerId: string, expected?: ExpectedVersion): Promise<ErasedOwner>;
  /**
   * The same as `suspend`, once for each `Idempotency-Key` of the caller: a repetition within 24 hours changes nothing and returns
   * the owner as it is by then. Also throws `request_in_progress` and `idempotency_key_reused`.
   *
   * @param asked - the input, as it was sent, that determines whether two requests are the same
   */
  suspendOnce: RepeatableOwnerChange;
  /** The same as `set`, once for each `Idempotency-Key` of the caller. */
  setOnce: RepeatableOwnerChange;
  /** The same as `resume`, once for each `Idempotency-Key` of the caller. */
  resumeOnce: RepeatableOwnerChange;
}

/** A change of an owner with an `Idempotency-Key`. */
export type RepeatableOwnerChange = (
  context: ChangeContext,
  idempotencyKey: string,
  ownerId: string,
  input: KeyInput,
  expected: ExpectedVersion,
  asked: KeyInput,
) => Promise<RepeatableResult<ChangedOwner>>;

/** Binds the commands to their ports. */
export function createOwnerService(ports: ManagePorts): OwnerService {
  const repeatable = new RepeatableChanges(ports);

  function makeRepeatable(
    operation: 'set' | 'suspend' | 'resume',
    change: typeof setOwner | typeof suspendOwner | typeof resumeOwner,
  ): RepeatableOwnerChange {
    const createQueuing = {
      set: createNarrowingQueuing,
      suspend: createRevocationQueuing,
      resume: createNeutralQueuing,
    }[operation];
    return (context, idempotencyKey, ownerId, input, expected, asked) =>
      repeatable.make(
        context,
        { operation, subject: ownerId, idempotencyKey, input: asked },
        (claim) => change(ports, context, ownerId, input, expected, claim),
        () => replayOwnerChange(ports, context, ownerId, createQueuing(context)),
      );
  }

  return {
    get: (context, ownerId) => getOwner(ports, context, ownerId),
    getWithCredits: (context, ownerId) => getOwnerAndCredits(ports, context, ownerId),
    list: (context, filter) => listOwners(ports, context, filter),
    impact: (context, input) => getPlanImpact(ports, context, input),
    set: (context, ownerId, input, expected) => setOwner(ports, context, ownerId, input, expected),
    suspend: (context, ownerId, input, expected) => suspendOwner(ports, context, ownerId, input, expected),
    resume: (context, ownerId, input, expected) => resumeOwner(ports, context, ownerId, input, expected),
    setOnce: makeRepeatable('set', setOwner),
    erase: (context, ownerId, expected) => eraseOwner(ports, context, ownerId, expected),
    suspendOnce: makeRepeatable('suspend', suspendOwner),
    resumeOnce: makeRepeatable('resume', resumeOwner),
  };
}
