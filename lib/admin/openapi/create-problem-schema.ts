import { problems, type ProblemCode } from '../../errors.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import type { ProblemTypes } from '../../http/problem-types.js';

const texts: JsonSchema = { type: 'array', items: { type: 'string' } };

/** The schema of every problem response (RFC 9457). */
export function createProblemSchema(types: ProblemTypes): JsonSchema {
  return {
    ...schema,
    properties: {
      type: {
        type: 'string',
        format: 'uri-reference',
        enum: [...new Set(Object.values(types))],
        description: 'The type of the problem, as the URL that explains it.',
      },
      ...properties,
    },
    examples: [createProblemExample('not_found', types)],
  };
}

const schema: JsonSchema = {
  type: 'object',
  description: 'What went wrong, and what to do about it (RFC 9457). Compare `code`; the wording may change.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  additionalProperties: false,
};

/** All members but `type`; those from `errors` on are optional. */
const properties: Readonly<Record<string, JsonSchema>> = {
  title: { type: 'string', description: 'The same for every occurrence.' },
  status: { type: 'integer', minimum: 400, maximum: 599 },
  detail: { type: 'string', description: 'What to do about it.' },
  code: { type: 'string', enum: Object.keys(problems), description: 'A stable identifier of the problem.' },
  errors: {
    type: 'array',
    minItems: 1,
    description: 'Every invalid field.',
    items: {
      type: 'object',
      required: ['field', 'message'],
      properties: {
        field: {
          type: 'string',
          description: "A name such as `scopes`, `?limit` for a query parameter, or a header's name.",
        },
        message: { type: 'string', description: 'What to write instead.' },
      },
      additionalProperties: false,
    },
  },
  reason: {
    const: 'idle',
    description: 'With `key_expired`: the key was not used for too long.',
  },
  requiredScopes: { ...texts, description: 'With `insufficient_scope`: the scopes that are required.' },
  missingScopes: { ...texts, description: 'With `insufficient_scope`: the scopes that the key lacks.' },
  challenge: {
    type: 'object',
    description: 'With `step_up_required` and the like: the challenge to send a code for.',
    required: ['id', 'expiresAt'],
    properties: {
      id: { type: 'string', description: 'Send it back as `Step-Up-Challenge`, once.' },
      expiresAt: { type: 'string', format: 'date-time' },
    },
    additionalProperties: false,
  },
  requiredFeature: {
    type: 'string',
    description: 'With `feature_not_enabled`: the feature that the key lacks.',
  },
};

/** A problem without optional members. */
export function createProblemExample(code: ProblemCode, types: ProblemTypes): object {
  const { status, title, detail } = problems[code];
  return { type: types[code], title, status, detail, code };
}
