import { InvalidFieldError } from '../domain/key-fields.js';
import { getLifetimeBounds } from '../domain/get-lifetime-bounds.js';
import {
  listFindings,
  postureReasons,
  type PostureFacts,
  type PostureFinding,
  type PostureReason,
  type PostureThresholds,
} from '../domain/posture.js';
import type { ChangeContext } from './change.js';
import { CreditsAbove } from './credits-above.js';
import { findOverPlan, OwnerChanges } from './find-over-plan.js';
import { parseCondition, parseUnusedDays } from './list-filter.js';
import { listKeys } from './list-keys.js';
import type { Page } from './list-page.js';
import type { ManagePorts } from './manage-ports.js';
import type { ParsedFields } from './parsed-fields.js';
import { readFields } from './read-fields.js';
import type { PageFilter } from './read-list.js';

/** What to look for, and in which keys. */
export interface PostureFilter extends PageFilter, Partial<PostureThresholds> {
  /** For admins; an owner sees only its own keys whatever stands here. */
  readonly ownerId?: string | undefined;
  readonly keyspace?: string | undefined;
  /** Only what deserves attention for this reason. */
  readonly reason?: PostureReason | undefined;
  /** A key deserves attention that was not used for so many days, or that has scopes that were not needed for so long, 1 to 3650. Default: 90. */
  readonly unusedAfterDays?: number;
  /** A key deserves attention that ends within so many days, 1 to 3650. Default: 14. */
  readonly endsWithinDays?: number;
}

/** Defaults of the thresholds. */
export const defaultThresholds: PostureThresholds = { unusedAfterDays: 90, endsWithinDays: 14 };

/** Reads one of the reasons. */
export function parsePostureReason(value: unknown): PostureReason {
  const reason = postureReasons.find((each) => each === value);
  if (reason !== undefined) return reason;
  throw new InvalidFieldError(`must be one of ${postureReasons.join(', ')}`);
}

/**
 * What deserves attention about the active keys of one page of the list, newest first. A page is a part of the list of keys, so
 * it may have no item, or several for one key, and still be followed by others.
 *
 * @throws ApiKeysError as listing keys does
 */
export async function getPosture(
  ports: ManagePorts,
  context: ChangeContext,
  filter: PostureFilter | ParsedFields,
): Promise<Page<PostureFinding>> {
  const { reason, unusedAfterDays, endsWithinDays, ...page } = readFields<PostureFilter>(
    filter,
    {
      limit: (value) => value as number,
      cursor: parseCondition,
      ownerId: parseCondition,
      keyspace: parseCondition,
      reason: parsePostureReason,
      unusedAfterDays: parseUnusedDays,
      endsWithinDays: parseUnusedDays,
    },
    [],
  );
  const thresholds = {
    unusedAfterDays: unusedAfterDays ?? defaultThresholds.unusedAfterDays,
    endsWithinDays: endsWithinDays ?? defaultThresholds.endsWithinDays,
  };
  const now = ports.clock.now();
  const { items, nextCursor } = await listKeys(ports, context, {
    ...page,
    state: 'active',
    inactiveAncestor: false,
  });
  const parts = await ports.store.usage.listParts(items.map(({ id }) => id));
  const owners = new OwnerChanges(ports.store);
  const creditsAbove = new CreditsAbove(ports.store);
  const findings: PostureFinding[] = [];
  for (const record of items) {
    const home = ports.keyspaces.get(record.keyspace);
    const facts: PostureFacts = {
      maxLifetimeDays: home === undefined ? null : getLifetimeBounds(home, record.owner).maxLifetimeDays,
      catalogue: home?.hasAppScopes === true ? home.catalogue : null,
      parts: parts.filter(({ keyId }) => keyId === record.id),
      overPlan: home === undefined ? null : await findOverPlan(owners, creditsAbove, record, home, now),
    };
    findings.push(...listFindings(record, thresholds, facts, now));
  }
  return { items: findings.filter((each) => reason === undefined || each.reason === reason), nextCursor };
}
