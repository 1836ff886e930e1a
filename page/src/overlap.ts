/** What becomes of the old secret when a key is rotated. */
export type OverlapKind = 'overlapNone' | 'overlapFixed' | 'overlapFirstUse';

export interface Overlap {
  readonly kind: OverlapKind;
  /** How long the old secret works on; without meaning when it ends at once. */
  readonly seconds: number;
}

export const overlapKinds: readonly OverlapKind[] = ['overlapFixed', 'overlapFirstUse', 'overlapNone'];

/** The lengths to choose from; the router allows up to 30 days. */
export const overlapSeconds: readonly number[] = [3_600, 86_400, 7 * 86_400, 30 * 86_400];

/** The body of `POST /keys/:id/rotate`. */
export function toRotationBody({ kind, seconds }: Overlap): object {
  if (kind === 'overlapNone') return {};
  return {
    gracePeriodSeconds: seconds,
    ...(kind === 'overlapFirstUse' ? { graceStartsOnFirstUse: true } : {}),
  };
}
