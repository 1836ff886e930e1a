import type { ObservedGroup } from './observed-refusal.js';

/** Requests that guards in observe mode let through, and that they would have refused for the same reason. */
export interface ObservedRequests extends Omit<ObservedGroup, 'firstAt' | 'lastAt'> {
  /** When the first of them arrived. */
  readonly firstAt: Date;
  /** When the last of them arrived. */
  readonly lastAt: Date;
}

/** What guards in observe mode would have refused. */
export interface ObservedReport {
  /** The most frequent ones first, 1,000 at most. */
  readonly items: readonly ObservedRequests[];
  /** `false`: there are more than these. */
  readonly complete: boolean;
}

/** Converts what was listed to a report. */
export function showObserved({
  items,
  isComplete,
}: {
  readonly items: readonly ObservedGroup[];
  readonly isComplete: boolean;
}): ObservedReport {
  return {
    items: items.map((group) => ({
      ...group,
      firstAt: new Date(group.firstAt),
      lastAt: new Date(group.lastAt),
    })),
    complete: isComplete,
  };
}
