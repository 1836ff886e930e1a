import { parseDescription } from './key-fields.js';
import type { PlanMembers } from './plan.js';

/** What is known of an owner, as it is stored. An owner without a record is in good standing. Times are epoch milliseconds. */
export interface OwnerRecord {
  readonly ownerId: string;
  /** The name of the plan; `null`: the default plan. */
  readonly plan: string | null;
  /** What this owner gets instead of what the plan says; `null`: nothing. */
  readonly overrides: PlanMembers | null;
  /** Since when all keys of the owner are refused; `null` when they are not. */
  readonly suspendedAt: number | null;
  /** The reason that was given, for operators; never sent to callers. */
  readonly suspensionReason: string | null;
  /** 1 for the first change, incremented by every later one. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The part of an owner that verification needs. It is stored, and cached, together with each key of the owner. */
export type OwnerStanding = Pick<OwnerRecord, 'version' | 'suspendedAt' | 'plan' | 'overrides'>;

/** Picks the part that verification needs. */
export function toOwnerStanding(record: OwnerRecord | null): OwnerStanding | null {
  if (record === null) return null;
  const { version, suspendedAt, plan, overrides } = record;
  return { version, suspendedAt, plan, overrides };
}

/** The version of an owner without a record is 0. */
export function getOwnerVersion({ owner }: { readonly owner: OwnerStanding | null }): number {
  return owner?.version ?? 0;
}

/** Whether all keys of the owner are refused. */
export function isOwnerSuspended({ owner }: { readonly owner: OwnerStanding | null }): boolean {
  return owner !== null && owner.suspendedAt !== null;
}

/** Parses the reason for a suspension: text as in a description, or `null` for none. */
export const parseSuspensionReason: (value: unknown) => string | null = parseDescription;
