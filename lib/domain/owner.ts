import { parseDescription } from './key-fields.js';

/** What is known of an owner, as it is stored. An owner without a record is in good standing. Times are epoch milliseconds. */
export interface OwnerRecord {
  readonly ownerId: string;
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
export interface OwnerStanding {
  readonly version: number;
  readonly suspendedAt: number | null;
}

/** Picks the part that verification needs. */
export function toOwnerStanding(record: OwnerRecord | null): OwnerStanding | null {
  return record === null ? null : { version: record.version, suspendedAt: record.suspendedAt };
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
