import { createHash } from 'node:crypto';
import { listActorIds } from '../domain/actor.js';
import { ApiKeysError, isProblem } from '../errors.js';
import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type { KeyStoreTransaction } from '../ports/key-store.js';
import type { Changed, ChangeContext, KeyInput, WithToken } from './change.js';
import type { ManagePorts } from './manage-ports.js';

/** How long an `Idempotency-Key` is remembered, in milliseconds: 24 hours. */
export const claimLifetimeMs: number = 24 * 60 * 60 * 1000;

/** A change with an `Idempotency-Key`, to be made once however often it is requested. */
export interface RepeatableChange {
  readonly operation:
    'create' | 'rotate' | 'set' | 'suspend' | 'resume' | 'create_webhook' | 'rotate_webhook_secret';
  /** The key, the owner or the webhook to change; `null` for one to create. */
  readonly subject: string | null;
  /** The `Idempotency-Key` of the caller: 1 to 255 characters. */
  readonly idempotencyKey: string;
  readonly input: KeyInput;
}

/** A key after a change that may have been a repetition. */
export type RepeatableKeyChange = Changed & Partial<WithToken>;

/** The result of a change that may have been a repetition. */
export interface RepeatableResult<C = RepeatableKeyChange> {
  /** Without a token when the change was made before: it was returned then, and is not stored. */
  readonly changed: C;
  readonly isReplay: boolean;
}

/** Claims the name; called first in the transaction of a change, with the id of what it changes. */
export type ClaimName = (transaction: KeyStoreTransaction, subject: string) => Promise<void>;

/** For a change without an `Idempotency-Key`. */
export const claimNothing: ClaimName = async () => undefined;

/** Makes changes with an `Idempotency-Key` only once. The claim is committed with the change, or not at all. */
export class RepeatableChanges {
  readonly #ports: Pick<ManagePorts, 'store' | 'clock' | 'keyspace'>;
  /** Names of changes in progress in this process. */
  readonly #inFlight = new Set<string>();

  constructor(ports: Pick<ManagePorts, 'store' | 'clock' | 'keyspace'>) {
    this.#ports = ports;
  }

  /**
   * @param make - makes the change
   * @param replay - the current state of what a change with this claim made before; it confirms again what took a right away,
   * because the first response may have been "effective by"
   * @throws ApiKeysError `request_in_progress` while the same change is being made in this process,
   * `idempotency_key_reused` when another change has used the key before, and whatever the change throws
   */
  async make<C>(
    context: ChangeContext,
    change: RepeatableChange,
    make: (claim: ClaimName) => Promise<C>,
    replay: (claim: IdempotencyClaim) => Promise<C>,
  ): Promise<RepeatableResult<C>> {
    const name = deriveClaimName(context, change, this.#ports.keyspace.name);
    if (this.#inFlight.has(name)) throw new ApiKeysError('request_in_progress');
    this.#inFlight.add(name);
    try {
      return await this.#make({ name, payloadHash: digestInput(change.input) }, make, replay);
    } finally {
      this.#inFlight.delete(name);
    }
  }

  async #make<C>(
    change: NamedChange,
    make: (claim: ClaimName) => Promise<C>,
    replay: (claim: IdempotencyClaim) => Promise<C>,
  ): Promise<RepeatableResult<C>> {
    const before = await this.#find(change.name);
    if (before !== null) return replayOnce(change, before, replay);
    try {
      const changed = await make((transaction, subject) => this.#claim(transaction, change, subject));
      return { changed, isReplay: false };
    } catch (error) {
      // Without a response, the change may or may not have been committed: the caller has to retry.
      if (isProblem(error, 'unavailable')) throw error;
      // Another process may have made the change meanwhile, which would explain the refusal.
      const meanwhile = await this.#find(change.name);
      if (meanwhile === null) throw error;
      return replayOnce(change, meanwhile, replay);
    }
  }

  async #find(name: string): Promise<IdempotencyClaim | null> {
    const claim = await this.#ports.store.claims.find(name);
    return claim !== null && claim.createdAt >= this.#expiredBefore() ? claim : null;
  }

  async #claim(
    transaction: KeyStoreTransaction,
    { name, payloadHash }: NamedChange,
    subject: string,
  ): Promise<void> {
    const claim = { name, payloadHash, keyId: subject, createdAt: this.#ports.clock.now() };
    const before = await transaction.claim(claim, this.#expiredBefore());
    if (before !== null) throw new ApiKeysError('request_in_progress');
  }

  #expiredBefore(): number {
    return this.#ports.clock.now() - claimLifetimeMs;
  }
}

/** A change with the name under which it is claimed. */
type NamedChange = Pick<IdempotencyClaim, 'name' | 'payloadHash'>;

async function replayOnce<C>(
  { payloadHash }: NamedChange,
  claim: IdempotencyClaim,
  replay: (claim: IdempotencyClaim) => Promise<C>,
): Promise<RepeatableResult<C>> {
  if (claim.payloadHash !== payloadHash) throw new ApiKeysError('idempotency_key_reused');
  return { changed: await replay(claim), isReplay: true };
}

/** Names of different callers, operations, keys, owners and webhooks never collide. */
function deriveClaimName(
  { actor }: ChangeContext,
  { operation, subject, idempotencyKey }: RepeatableChange,
  keyspace: string,
): string {
  return digestInput([keyspace, listActorIds(actor), operation, subject, idempotencyKey]);
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
