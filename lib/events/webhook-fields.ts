import { eventTypeNames, type EventType } from '../domain/event-type.js';
import {
  InvalidFieldError,
  parseDescription,
  parseEnabled,
  parseGracePeriodSeconds,
} from '../domain/key-fields.js';
import type { FieldReaders } from '../manage/read-fields.js';
import type { WebhookSender } from '../ports/webhook-sender.js';

/** Maximum length of a URL. */
export const maxWebhookUrlLength = 2_000;

/** The fields of a webhook that can be set. */
export interface WebhookFields {
  readonly url: string;
  readonly description: string | null;
  readonly types: readonly EventType[] | null;
  readonly enabled: boolean;
}

/** Parses the URL of an endpoint; whether anything can be sent there is for the sender to say. */
export function parseWebhookUrl(value: unknown): string {
  if (typeof value !== 'string') throw new InvalidFieldError('must be a string');
  if (value.length > maxWebhookUrlLength) {
    throw new InvalidFieldError(`must have at most ${maxWebhookUrlLength} characters`);
  }
  if (!URL.canParse(value)) throw new InvalidFieldError('must be an absolute URL');
  return new URL(value).href;
}

/** Parses which events an endpoint gets; `null` for all of them. */
export function parseEventTypes(value: unknown): readonly EventType[] | null {
  if (value === null) return null;
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidFieldError('must be a list of event types, or null for all of them');
  }
  const types = value.map((each: unknown) => {
    const type = eventTypeNames.find((name) => name === each);
    if (type === undefined) {
      throw new InvalidFieldError(`must contain only known event types: ${eventTypeNames.join(', ')}`);
    }
    return type;
  });
  return [...new Set(types)];
}

/** Parses sequence numbers. */
export function parseSequences(value: unknown): readonly number[] {
  const isList =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= maxSequences &&
    value.every((each) => Number.isSafeInteger(each) && Number(each) >= 1);
  if (isList) return [...new Set(value as readonly number[])];
  throw new InvalidFieldError(`must be a list of 1 to ${maxSequences} sequence numbers`);
}

const maxSequences = 100;

/** Creates the readers of the fields. */
export function createWebhookReaders(sender: Pick<WebhookSender, 'check'>): FieldReaders<WebhookFields> {
  return {
    url(value) {
      const url = parseWebhookUrl(value);
      const problem = sender.check(url);
      if (problem !== null) throw new InvalidFieldError(problem);
      return url;
    },
    description: parseDescription,
    types: parseEventTypes,
    enabled: parseEnabled,
  };
}

/** How long the secret before a rotation signs as well, unless the rotation says otherwise: a day, in seconds. */
export const defaultSecretGraceSeconds = 86_400;

/** The reader of what a rotation takes. */
export const rotationReaders: FieldReaders<{ readonly gracePeriodSeconds: number }> = {
  gracePeriodSeconds: parseGracePeriodSeconds,
};
