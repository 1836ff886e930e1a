import { createObjectSchema } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import type { ApiKeysStatus } from '../../domain/api-keys-status.js';
import type { ObservedProxies } from '../../domain/observed-proxies.js';
import { maxOthersShown, type OtherProcess } from '../../domain/other-process.js';

const other: Readonly<Record<keyof OtherProcess, JsonSchema>> = {
  id: { type: 'string', description: 'Random, another one at each start.' },
  silentMs: {
    type: 'integer',
    minimum: 0,
    description: 'For how long there was no sign of life of it, in milliseconds.',
  },
  changesBehind: {
    type: 'integer',
    minimum: 0,
    description: 'How many changes it has not acknowledged yet that the process which answers has applied.',
  },
};

const count = (description: string): JsonSchema => ({ type: 'integer', minimum: 0, description });

const proxies: Readonly<Record<keyof ObservedProxies, JsonSchema>> = {
  sampled: count('How many requests were looked at: refused ones, and one a second of each key.'),
  everyoneTrusted: count('`trust proxy` trusts everybody.'),
  notTrusted: count('With `X-Forwarded-For` from a private address that `trust proxy` does not trust.'),
  tooFewHops: count('The caller is a private address, behind which `X-Forwarded-For` names others.'),
  tooManyHops: count('All addresses of `X-Forwarded-For` are trusted, what the caller has sent too.'),
  withoutHeader: count('From a trusted address, without `X-Forwarded-For`.'),
  forwardedOnly: count('With `Forwarded` alone, which Express does not read.'),
};

const members: Readonly<Record<keyof ApiKeysStatus, JsonSchema>> = {
  ready: { type: 'boolean', description: 'Whether the instance accepts keys.', examples: [true] },
  state: {
    type: 'string',
    enum: ['not_ready', 'normal', 'degraded'],
    description:
      '`degraded`: something is `down`, or limits are not counted in the Redis that is configured.',
    examples: ['normal'],
  },
  database: {
    type: 'string',
    enum: ['up', 'down'],
    description: '`down`: it has not responded for a whole lease.',
    examples: ['up'],
  },
  quiet: {
    type: 'boolean',
    description:
      '`true`: without requests for a while, this process has left the list of processes and sends the database nothing.',
    examples: [false],
  },
  redis: {
    type: 'string',
    enum: ['up', 'down', 'none'],
    description: '`none`: not configured.',
    examples: ['up'],
  },
  wakeMode: {
    type: 'string',
    enum: ['push', 'poll', 'none'],
    description: 'How changes of other processes arrive: at once, or by queries several times a second.',
    examples: ['push'],
  },
  processes: {
    type: 'integer',
    minimum: 0,
    description: 'How many processes share the database, this one included; 0 while this one is `quiet`.',
    examples: [2],
  },
  lagMs: {
    type: ['integer', 'null'],
    minimum: 0,
    description:
      'How old what this process knows of changes is, in milliseconds; `null` while it knows none of them for sure.',
    examples: [412],
  },
  others: {
    type: 'array',
    items: createObjectSchema(other),
    maxItems: maxOthersShown,
    description: 'The other processes that share the database, those that were silent longest first.',
    examples: [[{ id: '4b5ce09a-5a4e-4f9b-8f0c-6a0e2a1b7f11', silentMs: 830, changesBehind: 0 }]],
  },
  cachedKeys: {
    type: 'integer',
    minimum: 0,
    description: 'How many keys this process has cached.',
    examples: [1204],
  },
  limits: {
    type: 'string',
    enum: ['shared', 'split', 'process', 'refused'],
    description:
      'Where requests with limited keys are counted: for all processes together, in different places, in each process alone, or nowhere, so ' +
      'that they are refused.',
    examples: ['shared'],
  },
  proxies: {
    ...createObjectSchema(proxies),
    description: 'What has arrived from proxies, in a sample of requests, against what `trust proxy` says.',
  },
};

/** The state of an instance. */
export const statusSchema: JsonSchema = {
  ...createObjectSchema(members),
  description: 'The state of the process that answered.',
};
