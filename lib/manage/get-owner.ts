import type { OwnerRecord } from '../domain/owner.js';
import { toOwnerCredits, type OwnerCredits } from '../domain/plan-credits.js';
import type { ChangeContext } from './change.js';
import { createOwner } from './change-owner.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayManageOwners } from './owner-authority.js';

/** What is known of an owner, and what the owner has left. */
export interface OwnerAndCredits {
  readonly record: OwnerRecord;
  /** What is left of the credits that the plan gives; `null` when it gives none. */
  readonly credits: OwnerCredits | null;
}

/**
 * Reads what is recorded about an owner. An owner without a record is in good standing, at version 0.
 *
 * @throws ApiKeysError `forbidden`
 */
export async function getOwner(
  { store, clock }: Pick<ManagePorts, 'store' | 'clock'>,
  context: ChangeContext,
  ownerId: string,
): Promise<OwnerRecord> {
  assertMayManageOwners(context);
  return (await store.owners.find(ownerId)) ?? createOwner(ownerId, clock.now());
}

/**
 * The same, with what is left of the credits that the owner's keys share.
 *
 * @throws ApiKeysError `forbidden`
 */
export async function getOwnerAndCredits(
  ports: Pick<ManagePorts, 'store' | 'clock' | 'keyspace'>,
  context: ChangeContext,
  ownerId: string,
): Promise<OwnerAndCredits> {
  const { store, clock, keyspace } = ports;
  const record = await getOwner(ports, context, ownerId);
  const { credits } = keyspace.plans.of(record);
  if (credits === null) return { record, credits };
  const spent = await store.credits.findSpent(ownerId, keyspace.environment);
  return { record, credits: toOwnerCredits(credits, spent, clock.now()) };
}
