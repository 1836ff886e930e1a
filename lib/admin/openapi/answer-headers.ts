import type { JsonSchema } from '../../domain/json-schema.js';

/** A header that some answers carry, beyond those of all answers. */
export type AnswerHeader = 'ETag' | 'Location' | 'Idempotency-Replayed' | 'WWW-Authenticate' | 'Retry-After';

/** What each of them looks like. */
export const answerHeaders: Readonly<
  Record<AnswerHeader, { schema: JsonSchema; description: string; required?: boolean }>
> = {
  ETag: {
    schema: { type: 'string', pattern: '^"[1-9][0-9]*"$', examples: ['"3"'] },
    description: 'The version of the key, for `If-Match`.',
  },
  Location: {
    schema: { type: 'string', format: 'uri-reference', examples: ['/api-keys/keys/1Zq8rT3vW5xY7zAb'] },
    description: 'Where the new key is found.',
  },
  'Idempotency-Replayed': {
    required: false,
    schema: { type: 'string', const: 'true', examples: ['true'] },
    description: 'The request was made before: the answer shows the key as it is now, without its secret.',
  },
  'WWW-Authenticate': {
    schema: { type: 'string', examples: ['Bearer realm="api"'] },
    description: 'How the request could be authenticated (RFC 9110 section 11.6.1).',
  },
  'Retry-After': {
    schema: { type: 'string', pattern: '^[0-9]+$', examples: ['1'] },
    description: 'After how many seconds it may be worth another try.',
  },
};
