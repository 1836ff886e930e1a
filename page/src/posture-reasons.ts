import type { PostureItem } from './records.js';

/** The reasons that the element has sentences for. What can hurt soonest comes first; any other comes last. */
export const postureReasons = [
  'old_secret_used',
  'expires_soon',
  'idle_soon',
  'exceeds_plan',
  'old_secret_works',
  'unused',
  'never_used',
  'wider_than_used',
  'never_expires',
] as const;
export type PostureReason = (typeof postureReasons)[number];

export function isPostureReason(reason: string): reason is PostureReason {
  return (postureReasons as readonly string[]).includes(reason);
}

/** Sorts by urgency, and of one reason by what ends first; what there is no sentence for is left out. */
export function sortByUrgency(items: readonly PostureItem[]): readonly PostureItem[] {
  const urgencyOf = ({ reason }: PostureItem): number =>
    (postureReasons as readonly string[]).indexOf(reason);
  const endOf = ({ endsAt }: PostureItem): number => (endsAt === null ? 9e15 : Date.parse(endsAt));
  return items
    .filter(({ reason }) => isPostureReason(reason))
    .toSorted((one, other) => urgencyOf(one) - urgencyOf(other) || endOf(one) - endOf(other));
}
