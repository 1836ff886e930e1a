import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';
import { eventTypeNames } from '../../domain/event-type.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { allowNull } from '../../domain/text-schemas.js';

const status: JsonSchema = { type: ['integer', 'null'], minimum: 100, maximum: 999, examples: [503] };
const error: JsonSchema = { type: ['string', 'null'], examples: ['answered 503'] };

/** An endpoint that events are sent to, as it appears in responses. */
export const webhookSchema: JsonSchema = {
  ...createObjectSchema({
    id: { type: 'string', examples: ['wh_4fZ9kUq3vW5xY7zA'] },
    url: { type: 'string', examples: ['https://crm.acme.example/api-keys'] },
    description: { type: ['string', 'null'], examples: ['CRM'] },
    types: {
      type: ['array', 'null'],
      items: { type: 'string', enum: eventTypeNames },
      description: 'The types of events that it gets; `null`: all of them.',
      examples: [null],
    },
    enabled: {
      type: 'boolean',
      description: 'While it is `false`, nothing is sent; what happens meanwhile is sent afterwards.',
      examples: [true],
    },
    disabledReason: {
      type: ['string', 'null'],
      enum: ['gone', null],
      description: '`gone`: it was disabled because the endpoint has answered 410.',
      examples: [null],
    },
    previousSecretEndsAt: {
      ...allowNull(shownTime),
      description: 'Until when requests are signed with the previous secret as well; `null`: they are not.',
    },
    version: { type: 'integer', minimum: 1, description: 'Incremented by every change.', examples: [1] },
    createdAt: shownTime,
    updatedAt: shownTime,
  }),
  description: 'An endpoint that events are sent to.',
};

/** With a secret that was made just now, which the answer to a repeated request does not have. */
export const webhookWithSecretSchema: JsonSchema = {
  ...webhookSchema,
  properties: {
    ...(webhookSchema.properties as object),
    secret: {
      type: 'string',
      pattern: '^whsec_[A-Za-z0-9+/]+=*$',
      description:
        'What requests are signed with. It is shown only once and cannot be retrieved again: the response to a request that repeats another one with its Idempotency-Key has none.',
      examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='],
    },
  },
};

/** What came of a test. */
export const webhookTestResultSchema: JsonSchema = {
  ...createObjectSchema({
    delivered: {
      type: 'boolean',
      description: 'Whether the endpoint has answered with 2xx.',
      examples: [false],
    },
    status: { ...status, description: 'Its status, unless it was 2xx; `null` also without an answer.' },
    error: { ...error, description: 'What went wrong; `null`: nothing.' },
  }),
  description: 'What came of sending an event `webhook.test`.',
};

/** An event that was not taken. */
export const webhookDeliverySchema: JsonSchema = {
  ...createObjectSchema({
    sequence: {
      type: 'integer',
      minimum: 1,
      description: 'The place of the event in the audit log.',
      examples: [1204],
    },
    eventId: {
      type: 'string',
      description: 'The `webhook-id` of its requests.',
      examples: [`evt_${'9f'.repeat(16)}`],
    },
    type: { type: 'string', examples: ['api_key.revoked'] },
    state: {
      type: 'string',
      enum: ['waiting', 'dead'],
      description: '`waiting`: it is attempted again. `dead`: it was given up.',
      examples: ['waiting'],
    },
    attempts: { type: 'integer', minimum: 0, examples: [1] },
    nextAttemptAt: {
      ...allowNull(shownTime),
      description:
        'When it is attempted next, unless an earlier event of the same key waits too; `null` once it is dead.',
    },
    lastStatus: { ...status, description: 'The status of the last attempt; `null` without an answer.' },
    lastError: { ...error, description: 'What went wrong; `null` before the first attempt.' },
  }),
  description: 'An event that an endpoint has not taken.',
};

/** What a replay has changed. */
export const webhookReplaySchema: JsonSchema = {
  ...createObjectSchema({
    replayed: {
      type: 'integer',
      minimum: 0,
      description: 'How many deliveries are attempted again.',
      examples: [3],
    },
  }),
  description: 'What a replay has changed.',
};
