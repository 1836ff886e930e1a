import type { JsonSchema } from './json-schema.js';

/** A header that an endpoint reads; those that every request has are not among them. */
export type RequestHeader = 'If-Match' | 'Idempotency-Key';

/** What each of them looks like. */
export const requestHeaders: Readonly<Record<RequestHeader, { schema: JsonSchema; description: string }>> = {
  'If-Match': {
    schema: { type: 'string', maxLength: 512, examples: ['"3"'] },
    description:
      'The change is made only if the key still has one of these versions (its `ETag`); else the answer is 412.',
  },
  'Idempotency-Key': {
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: 512,
      examples: ['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
    },
    description:
      'A name of 1 to 255 characters for this request, quoted or not. Whoever repeats the request with it within 24 hours ' +
      'gets the same key without its secret; with it, another request is answered with 422.',
  },
};
