import type { JsonSchema } from './json-schema.js';

/** A header that an endpoint reads; those that every request has are not among them. */
export type RequestHeader = 'If-Match';

/** What each of them looks like. */
export const requestHeaders: Readonly<Record<RequestHeader, { schema: JsonSchema; description: string }>> = {
  'If-Match': {
    schema: { type: 'string', maxLength: 512, examples: ['"3"'] },
    description:
      'The change is made only if the key still has one of these versions (its `ETag`); else the answer is 412.',
  },
};
