import { createObjectSchema } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import type { ApiKeysStatus } from '../../domain/api-keys-status.js';

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
    description: 'How many processes share the database, this one included.',
    examples: [2],
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
};

/** The state of an instance. */
export const statusSchema: JsonSchema = {
  ...createObjectSchema(members),
  description: 'The state of the process that answered.',
};
