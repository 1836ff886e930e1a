import type { EndpointRow } from '../endpoints.js';
import { extensionKeywords } from '../fields/extension-keywords.js';
import type { FieldRules } from '../../domain/field-rules.js';
import type { ProblemTypes } from '../../http/problem-types.js';
import { answerSchemas } from './answer-schemas.js';
import { describeOperation } from './describe-operation.js';
import { createProblemSchema } from './create-problem-schema.js';
import { describeSecuritySchemes, describeSecurity, type DescribedSecurity } from './security-schemes.js';

/** The input that the document is generated from. */
export interface DescribedApi {
  readonly endpoints: readonly EndpointRow[];
  readonly rules: FieldRules;
  readonly security: DescribedSecurity;
  readonly problemTypes: ProblemTypes;
}

/** An OpenAPI document without `servers`. */
export interface ApiDescription {
  readonly openapi: '3.1.0';
  readonly info: object;
  readonly [member: string]: unknown;
}

/** First segment of a path -> the tag of its operations. */
const tags: Readonly<Record<string, { readonly name: string; readonly description: string }>> = {
  keys: { name: 'Keys', description: 'Create, read, update, rotate and revoke keys.' },
  audit: { name: 'Audit', description: 'Audit log and access log.' },
  self: { name: 'Self', description: 'What the holder of a key can do with that key.' },
  'openapi.json': { name: 'Document', description: 'This document.' },
};

/**
 * Describes an admin router as an OpenAPI 3.1 document, generated from the same tables that requests are validated against
 * and errors are created from. It does not contain the path that the router is mounted at, see `createDocumentText`.
 */
export function describeApi({ endpoints, rules, security, problemTypes }: DescribedApi): ApiDescription {
  return {
    openapi: '3.1.0',
    info: {
      title: 'API keys',
      version: '1',
      description:
        'Manages the API keys of this app. Rules that JSON Schema cannot express are keywords that begin with `x-`; ' +
        '`x-keywords` explains them. Every response with a status of 400 or more is a problem (RFC 9457).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: Object.values(tags),
    paths: describePaths({ endpoints, rules, security, problemTypes }),
    components: {
      schemas: {
        ...Object.fromEntries(
          Object.entries(answerSchemas).map(([name, schema]) => [
            name,
            typeof schema === 'function' ? schema(rules) : schema,
          ]),
        ),
        Problem: createProblemSchema(problemTypes),
      },
      securitySchemes: describeSecuritySchemes(security),
    },
    'x-keywords': extensionKeywords,
  };
}

function describePaths({ endpoints, rules, security, problemTypes }: DescribedApi): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const row of endpoints) {
    const tag = tags[row.path.split('/')[1] ?? ''];
    const operations = (paths[row.path.replace(/:(\w+)/g, '{$1}')] ??= {});
    operations[row.method] = {
      ...(tag === undefined ? {} : { tags: [tag.name] }),
      security: describeSecurity(row.access, security),
      ...describeOperation(row, rules, problemTypes),
    };
  }
  return paths;
}
