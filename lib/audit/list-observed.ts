import type { Moment } from '../domain/moment.js';
import { overflowCode, type ObservedGroup } from '../domain/observed-refusal.js';
import type { ChangeContext } from '../manage/change.js';
import { logConditions, parseProblemCode, type ReadConditions } from '../manage/log-conditions.js';
import type { ParsedFields } from '../manage/parsed-fields.js';
import { readFields, type FieldReaders } from '../manage/read-fields.js';
import { assertMayReadObserved } from './assert-may-read-observed.js';
import type { AuditPorts } from './audit-ports.js';

/** What guards in observe mode would have refused; conditions that are left out do not restrict. */
export interface ObservedFilter<T extends Moment = Date> {
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  /** The `code` of the answer, for example `missing_credential`. */
  readonly code?: string | undefined;
  /** What was seen at this time or later, with all that was counted in the same hour. */
  readonly from?: T | undefined;
  /** What was seen before this time, with all that was counted in the same hour. */
  readonly to?: T | undefined;
}

/** The most frequent of these requests. */
export interface ListedObservations {
  readonly items: readonly ObservedGroup[];
  /** `false`: there are more kinds of requests than the list has. */
  readonly isComplete: boolean;
}

const observedConditions: FieldReaders<ReadConditions<ObservedFilter>> = {
  ...logConditions,
  code: (value) => (value === overflowCode ? overflowCode : parseProblemCode(value)),
};

/** Maximum number of items. */
const maxItems = 1_000;

/**
 * Lists what guards in observe mode would have refused, the most frequent first. What this process has counted is included; of
 * other processes, the last seconds may be missing.
 *
 * @throws ApiKeysError `forbidden`, `invalid_request`
 */
export async function listObserved(
  { store, observed }: Pick<AuditPorts, 'store' | 'observed'>,
  context: ChangeContext,
  filter: ObservedFilter<Moment> | ParsedFields,
): Promise<ListedObservations> {
  assertMayReadObserved(context);
  const conditions = readFields<ReadConditions<ObservedFilter>>(filter, observedConditions, []);
  await observed.flush();
  const items = await store.observations.list({ ...conditions, limit: maxItems + 1 });
  return { items: items.slice(0, maxItems), isComplete: items.length <= maxItems };
}
