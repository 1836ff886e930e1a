import { createHash } from 'node:crypto';
import { getAuditId } from '../domain/actor.js';
import { ApiKeysError, isProblem } from '../errors.js';
import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type { KeyStoreTransaction } from '../ports/key-store.js';
import { readCurrentPoint } from './confirm-change.js';
import { getKey } from './get-key.js';
import type { Changed, ChangeContext, KeyInput, WithToken } from './change.js';
import type { ManagePorts } from './manage-ports.js';

/** How long an `Idempotency-Key` is remembered, in milliseconds: 24 hours. */
export const claimLifetimeMs: number = 24 * 60 * 60 * 1000;

/** A change with an `Idempotency-Key`, to be made once however often it is requested. */
export interface RepeatableChange {
  readonly operation: 'create' | 'rotate';
  /** The key to change; `null` for one to create. */
  readonly keyId: string | null;
  /** The `Idempotency-Key` of the caller: 1 to 255 characters. */
  readonly idempotencyKey: string;
  readonly input: KeyInput;
}

/** The result of a change that may have been a repetition. */
export interface RepeatableResult {
  /** Without a token when the change was made before: it was returned then, and is not stored. */
  readonly changed: Changed & Partial<WithToken>;
  readonly isReplay: boolean;
}

/** Claims the name; called first in the transaction of a change, with the key that it changes. */
export type ClaimName = (transaction: KeyStoreTransaction, keyId: string) => Promise<void>;

/** For a change without an `Idempotency-Key`. */
export const claimNothing: ClaimName = async () => undefined;

/** Makes changes with an `Idempotency-Key` only once. The claim is committed with the change, or not at all. */
export class RepeatableChanges {
  readonly #ports: ManagePorts;
  /** Names of changes in progress in this process. */
  readonly #inFlight = new Set<string>();

  constructor(ports: ManagePorts) {
    this.#ports = ports;
  }

  /**
   * @throws ApiKeysError `request_in_progress` while the same change is being made in this process,
   * `idempotency_key_reused` when another change has used the key before, and whatever the change throws
   */
  async make(
    context: ChangeContext,
    change: RepeatableChange,
    make: (claim: ClaimName) => Promise<Changed & WithToken>,
  ): Promise<RepeatableResult> {
    const name = deriveClaimName(context, change, this.#ports.keyspace.name);
    if (this.#inFlight.has(name)) throw new ApiKeysError('request_in_progress');
    this.#inFlight.add(name);
    try {
      return await this.#make(context, { ...change, name, payloadHash: digestInput(change.input) }, make);
    } finally {
      this.#inFlight.delete(name);
    }
  }

  async #make(
    context: ChangeContext,
    change: NamedChange,
    make: (claim: ClaimName) => Promise<Changed & WithToken>,
  ): Promise<RepeatableResult> {
    const before = await this.#find(change.name);
    if (before !== null) return this.#replay(context, before, change);
    try {
      const changed = await make((transaction, keyId) => this.#claim(transaction, change, keyId));
      return { changed, isReplay: false };
    } catch (error) {
      // Without a response, the change may or may not have been committed: the caller has to retry.
      if (isProblem(error, 'unavailable')) throw error;
      // Another process may have made the change meanwhile, which would explain the refusal.
      const meanwhile = await this.#find(change.name);
      if (meanwhile === null) throw error;
      return this.#replay(context, meanwhile, change);
    }
  }

  async #find(name: string): Promise<IdempotencyClaim | null> {
    const claim = await this.#ports.store.claims.find(name);
    return claim !== null && claim.createdAt >= this.#expiredBefore() ? claim : null;
  }

  async #claim(
    transaction: KeyStoreTransaction,
    { name, payloadHash }: NamedChange,
    keyId: string,
  ): Promise<void> {
    const claim = { name, payloadHash, keyId, createdAt: this.#ports.clock.now() };
    const before = await transaction.claim(claim, this.#expiredBefore());
    if (before !== null) throw new ApiKeysError('request_in_progress');
  }

  #expiredBefore(): number {
    return this.#ports.clock.now() - claimLifetimeMs;
  }

  /** The current state of the key. A revoking change is confirmed again: the first response may have been "effective by". */
  async #replay(
    context: ChangeContext,
    claim: IdempotencyClaim,
    { operation, payloadHash }: NamedChange,
  ): Promise<RepeatableResult> {
    if (claim.payloadHash !== payloadHash) throw new ApiKeysError('idempotency_key_reused');
    const { store, changes, keyspace, clock } = this.#ports;
    const hasTaken = operation === 'rotate' || keyspace.policy.onePerOwner;
    const point = hasTaken ? await readCurrentPoint(store.feed) : null;
    const record = await getKey(this.#ports, context, claim.keyId);
    if (point === null) return { changed: { record, effectiveBy: null }, isReplay: true };
    changes.announce([], clock.now());
    return { changed: { record, effectiveBy: await changes.confirm(point) }, isReplay: true };
  }
}

/** A change with the name under which it is claimed. */
interface NamedChange extends RepeatableChange {
  readonly name: string;
  readonly payloadHash: string;
}

/** Names of different callers, operations and keys never collide. */
function deriveClaimName(
  { actor }: ChangeContext,
  { operation, keyId, idempotencyKey }: RepeatableChange,
  keyspace: string,
): string {
  return digestInput([keyspace, actor.kind, getAuditId(actor), operation, keyId, idempotencyKey]);
}

/** Equal for equal JSON values, in whichever order their members were sent. */
function digestInput(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sortMembers(value)))
    .digest('base64url');
}

function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return ['list', ...value.map(sortMembers)];
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return ['object', ...members.map(([name, member]) => [name, sortMembers(member)])];
}
