/** An event that an endpoint has not taken, as admins see it. */
export interface WebhookDelivery {
  /** The place of the event in the audit trail. */
  readonly sequence: number;
  /** The id of the event. */
  readonly eventId: string;
  readonly type: string;
  /** `waiting`: it is attempted again. `dead`: it was given up. */
  readonly state: 'waiting' | 'dead';
  readonly attempts: number;
  /** When it is attempted next, unless an earlier event of the same key comes first; `null` once it is dead. */
  readonly nextAttemptAt: Date | null;
  /** The HTTP status of the last attempt; `null` without an answer. */
  readonly lastStatus: number | null;
  /** What went wrong, in a few words; `null` before the first attempt. */
  readonly lastError: string | null;
}
