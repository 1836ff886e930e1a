import { maxIdempotencyKeyLength as most } from '../../http/parse-idempotency-key.js';
import type { JsonSchema } from '../../domain/json-schema.js';

/** An entity tag and the whitespace after it (RFC 9110 section 8.8.3). */
const tag = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"[ \\t]*';
/** A list of them, with empty elements allowed. */
const tags = `[ \\t]*(?:${tag})?(?:,[ \\t]*(?:${tag})?)*`;
/** A character of a quoted string, and one of an unquoted string. */
const quotable = '[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]';
const bare = '[\\x21\\x23-\\x2b\\x2d-\\x5b\\x5d-\\x7e]';

/** A header that an endpoint reads, excluding those that every request has. */
export type RequestHeader = 'If-Match' | 'Idempotency-Key' | 'Step-Up-Challenge' | 'Step-Up-Code';

/** The schema and description of each header. */
export const requestHeaders: Readonly<Record<RequestHeader, { schema: JsonSchema; description: string }>> = {
  'If-Match': {
    schema: { type: 'string', maxLength: 512, pattern: `^(?:\\*|${tags})$`, examples: ['"3"'] },
    description:
      'The change is made only if the key or owner still has one of these versions (its `ETag`); otherwise the response is 412.',
  },
  'Step-Up-Challenge': {
    schema: { type: 'string', examples: ['MTc5NTM0NTY3ODkwMS5hYmNk.dGhlIHNpZ25hdHVyZQ'] },
    description: 'The `id` of the challenge in a 403 that requires a second factor.',
  },
  'Step-Up-Code': {
    schema: { type: 'string', examples: ['492039'] },
    description: 'The code of the second factor, for example of an authenticator app.',
  },
  'Idempotency-Key': {
    schema: {
      type: 'string',
      pattern: `^(?:"(?:${quotable}|\\\\["\\\\]){1,${most}}"|${bare}{1,${most}})$`,
      examples: ['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
    },
    description:
      'A unique value of 1 to 255 characters for this request, quoted or not. Repeating the request with it within 24 hours ' +
      'changes nothing and returns the key, without its secret, or the owner; a different request with it is answered with 422.',
  },
};
