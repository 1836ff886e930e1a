import type { ApiKeyRecord } from './api-key.js';
import { findBoundingEnd, type BoundingEnd } from './bounding-end.js';
import { hasCredentialEnded, type Credential } from './credential.js';
import { getIdleAt, getMaxIdleDays } from './key-lifetime.js';
import { dayMs } from './day-ms.js';
import type { PlannedFields } from './remove-plan-excess.js';
import type { PlanExcess } from './plan-excess.js';
import type { RevocationReason } from './revocation-reason.js';
import type { ScopeCatalogue } from './scope-catalogue.js';
import { findUnneededScopes } from './unneeded-scopes.js';
import type { UsedPart } from './used-part.js';

/** What deserves attention about a key that works. */
export type PostureReason =
  /** It never expires. */
  | 'never_expires'
  /** It was not used for a while. */
  | 'unused'
  /** It was never used since it was created. */
  | 'never_used'
  /** It has scopes that no request has needed for a while. */
  | 'wider_than_used'
  /** A secret that a rotation has replaced still works; no use of it is recorded. */
  | 'old_secret_works'
  /** A secret that a rotation has replaced still works, and was used after that. */
  | 'old_secret_used'
  /** It expires soon. */
  | 'expires_soon'
  /** It is refused as idle soon, unless it is used. */
  | 'idle_soon'
  /** It has more than the plan of its owner includes now. */
  | 'exceeds_plan';

/** Every reason, in the order in which those of one key are listed. */
export const postureReasons: readonly PostureReason[] = [
  'never_expires',
  'unused',
  'never_used',
  'wider_than_used',
  'old_secret_works',
  'old_secret_used',
  'expires_soon',
  'idle_soon',
  'exceeds_plan',
];

/** When a key deserves attention. */
export interface PostureThresholds {
  /** A key that was not used for so many days, or not since it was created before that; and one whose scopes were not all needed. */
  readonly unusedAfterDays: number;
  /** A key that ends within so many days. */
  readonly endsWithinDays: number;
}

/** The call that mends it; over HTTP and in code. */
export type PostureRemedy =
  | {
      readonly operation: 'update';
      readonly changes: Partial<PlannedFields>;
      /** The key to change. Default: the key itself. */
      readonly keyId?: string;
    }
  | { readonly operation: 'rotate' }
  | { readonly operation: 'revoke'; readonly reason: RevocationReason };

/** One thing that deserves attention. Times are epoch milliseconds. */
export interface PostureFinding {
  readonly record: ApiKeyRecord;
  readonly reason: PostureReason;
  /** Since when it is so. */
  readonly since: number;
  /** When the key, or the old secret, ends; `null`: never, or not known yet. */
  readonly endsAt: number | null;
  readonly remedy: PostureRemedy;
  /** The scopes that no request has needed; empty for other reasons. */
  readonly unusedScopes: readonly string[];
  /** When the day begins on which an old secret was last used; `null` for other reasons. */
  readonly oldSecretUsedOn: number | null;
  /** What the key has beyond the plan of its owner; `null` for other reasons. */
  readonly beyondPlan: PlanExcess | null;
}

/** What is known about a key besides its record. */
export interface PostureFacts {
  /** The longest life that the key may have; `null`: no bound. */
  readonly maxLifetimeDays: number | null;
  /** `null` for scopes that routes do not require. */
  readonly catalogue: Pick<ScopeCatalogue, 'expand'> | null;
  /** What is recorded of its parts. */
  readonly parts: readonly UsedPart[];
  /** What it has beyond the plan of its owner; `null`: nothing. */
  readonly overPlan: OverPlan | null;
}

/** A key that has more than the plan of its owner includes. */
export interface OverPlan {
  readonly excess: PlanExcess;
  /** Since when it is so at the latest, unless the options of the instance were changed later. */
  readonly since: number;
  /** What an update has to change; `null` when no update mends it. */
  readonly changes: Partial<PlannedFields> | null;
}

/** How long a key lives that is given an end, in days. */
const suggestedDays = 90;

/**
 * What deserves attention about an active key.
 *
 * @param now - epoch milliseconds
 */
export function listFindings(
  record: ApiKeyRecord,
  { unusedAfterDays, endsWithinDays }: PostureThresholds,
  { maxLifetimeDays, catalogue, parts, overPlan }: PostureFacts,
  now: number,
): readonly PostureFinding[] {
  const findings: PostureFinding[] = [];
  const add = (
    reason: PostureReason,
    since: number,
    remedy: PostureRemedy,
    endsAt: number | null = null,
    details: Partial<PostureFinding> = {},
  ): void =>
    void findings.push({
      ...{ record, reason, since, endsAt, remedy },
      ...{ unusedScopes: [], oldSecretUsedOn: null, beyondPlan: null },
      ...details,
    });
  const revoke: PostureRemedy = { operation: 'revoke', reason: 'cessationOfOperation' };

  // A child ends with the keys above it.
  const bounding = findBoundingEnd(record);
  if (bounding === null) {
    add('never_expires', record.createdAt, suggestEnd(now + suggestedDays * dayMs));
  }
  const { lastUsedAt, createdAt } = record;
  if ((lastUsedAt ?? createdAt) < now - unusedAfterDays * dayMs) {
    add(lastUsedAt === null ? 'never_used' : 'unused', lastUsedAt ?? createdAt, revoke);
  }
  const scopes = catalogue && findUnneededScopes(record, catalogue, parts, unusedAfterDays, now);
  if (scopes !== null) {
    const remedy: PostureRemedy = { operation: 'update', changes: { scopes: scopes.narrowed } };
    add('wider_than_used', record.updatedAt, remedy, null, { unusedScopes: scopes.unused });
  }
  const [newest, ...older] = record.credentials;
  const working = older.filter((credential) => !hasCredentialEnded(credential, now));
  if (newest !== undefined && working.length > 0) {
    const ends = working.map(({ endsAt }) => endsAt);
    const end = ends.includes(null) ? null : Math.max(...ends.filter((each) => each !== null));
    const usedOn = findLastUse(working, parts);
    add(
      usedOn === null ? 'old_secret_works' : 'old_secret_used',
      newest.createdAt,
      { operation: 'rotate' },
      end,
      {
        oldSecretUsedOn: usedOn,
      },
    );
  }
  const soon = now + endsWithinDays * dayMs;
  if (bounding !== null && bounding.endsAt <= soon) {
    add(
      'expires_soon',
      bounding.endsAt - endsWithinDays * dayMs,
      extendLifetime(record, bounding, maxLifetimeDays),
      bounding.endsAt,
    );
  }
  const idleAt = getIdleAt(record);
  // Otherwise a key with few days would always be there, however often it is used.
  const noticeDays = Math.min(endsWithinDays, (getMaxIdleDays(record) ?? 0) / 2);
  if (idleAt !== null && idleAt <= now + noticeDays * dayMs) {
    add('idle_soon', idleAt - noticeDays * dayMs, revoke, idleAt);
  }
  if (overPlan !== null) {
    const { excess, since, changes } = overPlan;
    const remedy = changes === null ? replace : ({ operation: 'update', changes } as const);
    add('exceeds_plan', since, remedy, null, { beyondPlan: excess });
  }
  return findings;
}

/** Of a key that no update mends, the only call that concerns it is the one that ends it. */
const replace: PostureRemedy = { operation: 'revoke', reason: 'superseded' };

const suggestEnd = (expiresAt: number) => ({ operation: 'update', changes: { expiresAt } }) as const;

/** When the last day begins on which one of some replaced secrets was used; `null`: none was. */
function findLastUse(credentials: readonly Credential[], parts: readonly UsedPart[]): number | null {
  const days = parts
    .filter(({ kind, name }) => kind === 'secret' && credentials.some(({ id }) => id === name))
    .map(({ lastUsedOn }) => lastUsedOn);
  return days.length === 0 ? null : Math.max(...days);
}

/** What may live no longer is replaced. Where a key above ends sooner, that one is extended. */
function extendLifetime(
  { id }: ApiKeyRecord,
  { id: endingId, createdAt, endsAt }: BoundingEnd,
  maxLifetimeDays: number | null,
): PostureRemedy {
  const latest = maxLifetimeDays === null ? Infinity : createdAt + maxLifetimeDays * dayMs;
  const wanted = Math.min(endsAt + suggestedDays * dayMs, latest);
  if (wanted <= endsAt) return replace;
  return { ...suggestEnd(wanted), ...(endingId === id ? {} : { keyId: endingId }) };
}
