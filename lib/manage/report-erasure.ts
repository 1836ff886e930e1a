import type { ErasedOwner } from './erase-owner.js';

/** How much was removed, by kind. */
export interface ErasedCounts {
  /** Revoked keys whose name, description, metadata, tags, limits, allowlist, public keys, creator and comment were erased. */
  readonly keys: number;
  /** Entries of the audit log whose address, request id and member were erased. */
  readonly auditEntries: number;
  /** Entries of the access log. */
  readonly accessEvents: number;
  /** Counts of requests that guards in observe mode would have refused. */
  readonly observations: number;
  /** Addresses that keys were last used from. */
  readonly lastUsedAddresses: number;
  /** Sessions and refresh tokens. */
  readonly refreshTokens: number;
}

/** Something that an erasure keeps. */
export interface KeptData {
  readonly kind: 'ownerId' | 'keys' | 'auditEntries' | 'adminAddresses';
  /** `null` where there is nothing to count. */
  readonly count: number | null;
  /** Why it stays, in a sentence. */
  readonly reason: string;
}

/** The report on an erasure, apart from when it takes effect. */
export interface ErasureSummary {
  readonly ownerId: string;
  readonly revokedKeys: number;
  readonly removed: ErasedCounts;
  readonly kept: readonly KeptData[];
}

/** Describes what an erasure did, and what it kept. */
export function summarizeErasure(erased: ErasedOwner): ErasureSummary {
  const { ownerId, revokedKeys } = erased;
  return {
    ownerId,
    revokedKeys,
    removed: {
      keys: erased.erasedKeys,
      auditEntries: erased.auditEntries,
      accessEvents: erased.accessEvents,
      observations: erased.observations,
      lastUsedAddresses: erased.lastUsedAddresses,
      refreshTokens: erased.refreshGrants,
    },
    kept: [
      {
        kind: 'ownerId',
        count: null,
        reason:
          'The id connects keys and audit entries. It names a person only where the app keeps what it stands for.',
      },
      {
        kind: 'keys',
        count: erased.keptKeys,
        reason:
          'Ids, scopes, resources, times, counts of use and digests of secrets: a leaked secret is recognised as that of a revoked key.',
      },
      {
        kind: 'auditEntries',
        count: null,
        reason: 'What was changed, when, and by which id: without it the audit log could not be verified.',
      },
      {
        kind: 'adminAddresses',
        count: erased.keptAuditEntries,
        reason:
          'Addresses in audit entries of admins, who changed something about the owner, are data of the admins.',
      },
    ],
  };
}
