import type { JsonSchema } from '../../domain/json-schema.js';

/** A header that some responses have, in addition to those of all responses. */
export type AnswerHeader = 'ETag' | 'Location' | 'Idempotency-Replayed' | 'WWW-Authenticate' | 'Retry-After';

/** The schema and description of each header. */
export const answerHeaders: Readonly<
  Record<AnswerHeader, { schema: JsonSchema; description: string; required?: boolean }>
> = {
  ETag: {
    schema: { type: 'string', pattern: '^"(0|[1-9][0-9]*)"$', examples: ['"3"'] },
    description: 'The version of the key or owner, for `If-Match`.',
  },
  Location: {
    schema: { type: 'string', format: 'uri-reference', examples: ['/api-keys/keys/1Zq8rT3vW5xY7zAb'] },
    description: 'The URL of the new key.',
  },
  'Idempotency-Replayed': {
    required: false,
    schema: { type: 'string', const: 'true', examples: ['true'] },
    description:
      'This is a repeated request: the response contains the key or owner as it is now, and no secret.',
  },
  'WWW-Authenticate': {
    schema: { type: 'string', examples: ['Bearer realm="api"'] },
    description: 'How to authenticate the request (RFC 9110 section 11.6.1).',
  },
  'Retry-After': {
    schema: { type: 'string', pattern: '^[0-9]+$', examples: ['1'] },
    description: 'The number of seconds after which to retry.',
  },
};
