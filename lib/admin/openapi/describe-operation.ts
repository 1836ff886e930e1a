import { maxOwnerIdLength } from '../../domain/key-fields.js';
import { createLineSchema } from '../../domain/text-schemas.js';
import { problems, type ProblemCode } from '../../errors.js';
import { listFieldPresence } from '../declared-fields.js';
import type { Declaration, DescribedAnswer } from '../endpoint.js';
import type { EndpointRow } from '../endpoints.js';
import { bodyFields } from '../fields/body-fields.js';
import { getSchema } from '../../domain/field.js';
import type { FieldRules } from '../../domain/field-rules.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { queryParameters } from '../fields/query-parameters.js';
import { requestHeaders } from '../fields/request-headers.js';
import { maxElements, maxMembers, maxDepth } from '../../http/json-shape-problem.js';
import type { ProblemTypes } from '../../http/problem-types.js';
import { maxBodyBytes } from '../read-body.js';
import { maxQueryLength } from '../read-query.js';
import { answerHeaders } from './answer-headers.js';
import { listExpectedProblems } from './list-expected-problems.js';
import { createProblemExample } from './create-problem-schema.js';

/** Describes one operation (OpenAPI 3.1, "Operation Object") without its security. */
export function describeOperation(row: EndpointRow, rules: FieldRules, problemTypes: ProblemTypes): object {
  const { operationId, summary, description } = row.endpoint;
  const parameters = [...describePathParameters(row.path), ...describeDeclaredParameters(row, rules)];
  const body = row.endpoint.body === undefined ? null : createBodySchema(row.endpoint, rules);
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(row.endpoint.query === undefined ? {} : { 'x-max-query-length': maxQueryLength }),
    ...(body === null
      ? {}
      : {
          requestBody: {
            required: 'required' in body,
            content: { 'application/json': { schema: body } },
          },
        }),
    responses: {
      ...describeAnswers(row.endpoint),
      ...describeProblems(listExpectedProblems(row), problemTypes),
    },
  };
}

function describePathParameters(path: string): object[] {
  return [...path.matchAll(/:(id|ownerId|webhookId)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    ...pathParameters[name as keyof typeof pathParameters],
  }));
}

const pathParameters = {
  id: {
    description: "The id of a key. If it is unknown, malformed or another owner's, the response is 404.",
    schema: { type: 'string' },
    example: '1Zq8rT3vW5xY7zAb',
  },
  ownerId: {
    description: 'The id of an owner, percent-encoded. Any id that a key can have as its owner is one.',
    schema: createLineSchema(maxOwnerIdLength),
    example: 'customer-17',
  },
  webhookId: {
    description: 'The id of a webhook. If it is unknown or malformed, the response is 404.',
    schema: { type: 'string' },
    example: 'wh_4fZ9kUq3vW5xY7zA',
  },
};

const stepUpHeaders = ['Step-Up-Challenge', 'Step-Up-Code'] as const;

function describeDeclaredParameters({ endpoint, operation }: EndpointRow, rules: FieldRules): object[] {
  const ofQuery = (endpoint.query ?? []).map((name) => {
    const { description, ...schema } = getSchema(queryParameters[name], rules);
    return { name, in: 'query', description, schema };
  });
  const headers = [...(endpoint.headers ?? []), ...(operation === undefined ? [] : stepUpHeaders)];
  const ofHeader = headers.map((name) => ({ name, in: 'header', ...requestHeaders[name] }));
  return [...ofQuery, ...ofHeader];
}

/** The schema of a body as it is validated: a field that is not named here is rejected. */
function createBodySchema(endpoint: Declaration, rules: FieldRules): JsonSchema {
  const fields = listFieldPresence(endpoint, rules);
  const required = fields.flatMap(([name, presence]) => (presence === 'required' ? [name] : []));
  const properties = fields.map(([name, presence]) => {
    const schema = getSchema(bodyFields[name], rules);
    return [name, presence === 'admins' ? { ...schema, 'x-admins-only': true } : schema] as const;
  });
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    ...endpoint.bodySchema,
    'x-max-bytes': maxBodyBytes,
    'x-max-depth': maxDepth,
    'x-max-list-length': maxElements,
    'x-max-members': maxMembers,
  };
}

function describeAnswers(endpoint: Declaration): object {
  const answers = Object.entries(endpoint.answers) as [status: string, DescribedAnswer][];
  return Object.fromEntries(
    answers.map(([status, { description, schema, headers = [], mediaType = 'application/json' }]) => [
      status,
      {
        description,
        ...(headers.length === 0 ? {} : { headers: describeHeaders(headers) }),
        content: { [mediaType]: { schema: { $ref: `#/components/schemas/${schema}` } } },
      },
    ]),
  );
}

/** Describes problems by status: one response can have any of the codes that share a status. */
function describeProblems(codes: readonly ProblemCode[], types: ProblemTypes): object {
  const statuses = [...new Set(codes.map((code) => problems[code].status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const ofStatus = codes.filter((code) => problems[code].status === status);
      return [
        String(status),
        {
          description: ofStatus.map((code) => problems[code].title).join(', or: '),
          headers: describeHeaders(listProblemHeaders(status)),
          content: {
            'application/problem+json': {
              schema: {
                allOf: [
                  { $ref: '#/components/schemas/Problem' },
                  { type: 'object', properties: { code: { enum: ofStatus } } },
                ],
              },
              examples: Object.fromEntries(
                ofStatus.map((code) => [code, { value: createProblemExample(code, types) }]),
              ),
            },
          },
        },
      ];
    }),
  );
}

function listProblemHeaders(status: number): readonly (keyof typeof answerHeaders)[] {
  if (status === 401 || status === 403) return ['WWW-Authenticate'];
  return status === 429 || status === 503 ? ['Retry-After'] : [];
}

function describeHeaders(names: readonly (keyof typeof answerHeaders)[]): object {
  return Object.fromEntries(names.map((name) => [name, { required: true, ...answerHeaders[name] }]));
}
