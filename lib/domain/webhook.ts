import type { EventType } from './event-type.js';

/** An endpoint that events are sent to, as it is stored. */
export interface WebhookRecord {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  /** `null`: all of them. */
  readonly types: readonly EventType[] | null;
  readonly isEnabled: boolean;
  /** Why it is not enabled: `gone` when the endpoint has answered 410; `null` otherwise. */
  readonly disabledReason: 'gone' | null;
  /** The newest first. */
  readonly secrets: readonly SealedWebhookSecret[];
  readonly version: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A secret that requests are signed with. */
export interface SealedWebhookSecret {
  readonly sealed: string;
  /** From when on nothing is signed with it, epoch milliseconds; `null` for the current one. */
  readonly endsAt: number | null;
}

/** An endpoint that events are sent to. The secret is shown once, when it is made. */
export interface Webhook extends Pick<WebhookRecord, 'id' | 'url' | 'description' | 'types' | 'version'> {
  readonly enabled: boolean;
  /** Why it is not enabled: `gone` when the endpoint has answered 410 Gone. */
  readonly disabledReason: 'gone' | null;
  /** Until when the secret before the current one signs as well; `null` when there is none. */
  readonly previousSecretEndsAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Shows an endpoint without its secrets. */
export function toWebhook(record: WebhookRecord, now: number): Webhook {
  const { id, url, description, types, isEnabled, disabledReason, secrets, version } = record;
  const ends = secrets.map(({ endsAt }) => endsAt ?? 0).filter((end) => end > now);
  return {
    ...{ id, url, description, types, enabled: isEnabled, disabledReason },
    previousSecretEndsAt: ends.length === 0 ? null : new Date(Math.max(...ends)),
    version,
    createdAt: new Date(record.createdAt),
    updatedAt: new Date(record.updatedAt),
  };
}
