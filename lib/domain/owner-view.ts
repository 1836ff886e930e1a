import type { OwnerRecord } from './owner.js';
import type { PlanMembers } from './plan.js';
import type { OwnerCredits } from './plan-credits.js';

/** The public view of an owner. In JSON, times are RFC 3339 strings. */
export interface Owner {
  readonly ownerId: string;
  /** The name of the plan; `null`: the default plan. */
  readonly plan: string | null;
  /** What this owner gets instead of what the plan says; `null`: nothing. */
  readonly overrides: PlanMembers | null;
  /** Since when all keys of the owner are refused; `null` when they are not. */
  readonly suspendedAt: Date | null;
  readonly suspensionReason: string | null;
  /** 0 while nothing is recorded about the owner; incremented by every change. */
  readonly version: number;
  /** When something was first recorded; `null` while nothing is. */
  readonly createdAt: Date | null;
  readonly updatedAt: Date | null;
}

/** An owner with what is left of the credits of the plan. */
export interface OwnerWithCredits extends Owner {
  /** The credits that all keys of the owner share; `null`: the plan has none, so requests cost none. */
  readonly credits: OwnerCredits | null;
}

/** Returns the public view of an owner. */
export function toOwner(record: OwnerRecord): Owner {
  const isRecorded = record.version > 0;
  return {
    ownerId: record.ownerId,
    plan: record.plan,
    overrides: record.overrides,
    suspendedAt: record.suspendedAt === null ? null : new Date(record.suspendedAt),
    suspensionReason: record.suspensionReason,
    version: record.version,
    createdAt: isRecorded ? new Date(record.createdAt) : null,
    updatedAt: isRecorded ? new Date(record.updatedAt) : null,
  };
}
