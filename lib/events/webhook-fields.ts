import { eventTypeNames, type EventType } from '../domain/event-type.js';
import {
  InvalidFieldError,
  maxGracePeriodSeconds,
  parseDescription,
  parseEnabled,
} from '../domain/key-fields.js';
import { ApiKeysError } from '../errors.js';
import type { FieldReaders } from '../manage/read-fields.js';
import type { WebhookSender } from '../ports/webhook-sender.js';

/** What a URL looks like; whether anything can be sent there is for the sender to say. */
export const webhookUrlPattern: RegExp = /^https?:\/\/[!-~]{1,1990}$/;
/** Sequence numbers of one replay. */
export const maxSequences = 100;
/** How long the secret before a rotation signs as well, unless the rotation says otherwise: a day, in seconds. */
export const defaultOverlapSeconds = 86_400;
/** The longest time, in seconds: that of a rotated key. */
export const maxOverlapSeconds: number = maxGracePeriodSeconds;

/** The fields of a webhook that can be set. */
export interface WebhookFields {
  readonly url: string;
  readonly description: string | null;
  readonly types: readonly EventType[] | null;
  readonly enabled: boolean;
}

/** The readers of the fields. */
export const webhookReaders: FieldReaders<WebhookFields> = {
  url: parseWebhookUrl,
  description: parseDescription,
  types: parseEventTypes,
  enabled: parseEnabled,
};

/** Parses the URL of an endpoint. */
export function parseWebhookUrl(value: unknown): string {
  if (typeof value === 'string' && webhookUrlPattern.test(value)) return value;
  throw new InvalidFieldError(
    'must be a URL that begins with https:// and has at most 1,998 characters of ASCII',
  );
}

/** @throws ApiKeysError `invalid_request` for a URL that nothing can be sent to */
export function assertSendable(sender: Pick<WebhookSender, 'check'>, url: string): void {
  const message = sender.check(url);
  if (message !== null) throw new ApiKeysError('invalid_request', { errors: [{ field: 'url', message }] });
}

/** Parses which events an endpoint gets; `null` for all of them. */
export function parseEventTypes(value: unknown): readonly EventType[] | null {
  if (value === null) return null;
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidFieldError('must be a list of event types, or null for all of them');
  }
  const types = Array.from(value, (each: unknown) => {
    const type = eventTypeNames.find((name) => name === each);
    if (type === undefined) {
      throw new InvalidFieldError(`must contain only known event types: ${eventTypeNames.join(', ')}`);
    }
    return type;
  });
  if (new Set(types).size < types.length) throw new InvalidFieldError('must not name a type twice');
  return types;
}

/** Parses sequence numbers. */
export function parseSequences(value: unknown): readonly number[] {
  const isList =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= maxSequences &&
    Array.from(value, (each: unknown) => Number.isSafeInteger(each) && Number(each) >= 1).every(Boolean) &&
    new Set(value).size === value.length;
  if (isList) return [...(value as readonly number[])];
  throw new InvalidFieldError(`must be a list of 1 to ${maxSequences} different sequence numbers`);
}

/** Parses how long the secret before a rotation signs as well. */
export function parseOverlapSeconds(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxOverlapSeconds)
    return value;
  throw new InvalidFieldError(`must be a whole number of seconds from 0 to ${maxOverlapSeconds}`);
}
