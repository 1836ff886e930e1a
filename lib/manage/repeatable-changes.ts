import { createHash } from 'node:crypto';
import { auditIdOf } from '../domain/actor.js';
import { ApiKeysError, isProblem } from '../errors.js';
import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type { KeyStoreTransaction } from '../ports/key-store.js';
import { readCurrentPoint } from './confirm-change.js';
import { getKey } from './get-key.js';
import type { Changed, ChangeContext, KeyInput, WithToken } from './change.js';
import type { ManagePorts } from './manage-ports.js';

/** How long a caller can repeat a change without making it twice, in milliseconds: 24 hours. */
export const claimLifetimeMs: number = 24 * 60 * 60 * 1000;

/** A change that its caller gave a name, to be made once however often it is asked for. */
export interface RepeatableChange {
  readonly operation: 'create' | 'rotate';
  /** The key that it is about; `null` for one that is to be made. */
  readonly keyId: string | null;
  /** The name that the caller gave it: 1 to 255 characters. */
  readonly idempotencyKey: string;
  readonly input: KeyInput;
}

/** What came of a change that may have been a repetition. */
export interface RepeatableResult {
  /** Without a token when the change was made before: it was shown then, and is kept nowhere. */
  readonly changed: Changed & Partial<WithToken>;
  readonly isReplay: boolean;
}

/** To be called first in the transaction of a change, with the key that it is about. */
export type ClaimName = (transaction: KeyStoreTransaction, keyId: string) => Promise<void>;

/** For a change that its caller gave no name. */
export const claimNothing: ClaimName = async () => undefined;

/** Makes changes that carry an `Idempotency-Key` once. The claim is committed with the change, or not at all. */
export class RepeatableChanges {
  readonly #ports: ManagePorts;
  /** Names of changes that are being made in this process. */
  readonly #inFlight = new Set<string>();

  constructor(ports: ManagePorts) {
    this.#ports = ports;
  }

  /**
   * @throws ApiKeysError `request_in_progress` while the same change is being made in this process,
   * `idempotency_key_reused` when another change had that name before, and whatever the change throws
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
      // When there was no answer, the change may be committed or not yet: the caller has to come again.
      if (isProblem(error, 'unavailable')) throw error;
      // Another process may have made the change meanwhile, and that is why it was refused here.
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

  /** The key as it is now. What took something away is confirmed anew: the first answer may have been "effective by". */
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

/** Names of different callers, operations and keys never meet. */
function deriveClaimName(
  { actor }: ChangeContext,
  { operation, keyId, idempotencyKey }: RepeatableChange,
  keyspace: string,
): string {
  return digestInput([keyspace, actor.kind, auditIdOf(actor), operation, keyId, idempotencyKey]);
}

/** The same for the same JSON value, in whichever order its members were sent. */
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
