import { asOpenApi31 } from './schema-as-open-api-31.js';
import { schemaOfAnswer } from './schema-of-answer.js';
import { seedDocument, type OpenApi, type SeedName } from './seed-documents.js';

function mismatchOf(name: SeedName): ReturnType<typeof schemaOfAnswer> {
  const { openApi } = seedDocument(name);
  if (openApi === null) throw new Error(`${name} has no OpenAPI`);
  return schemaOfAnswer(openApi);
}

const deltadefi = { path: '/accounts/new-api-key', method: 'GET' };
const deribit = { path: '/private/reset_api_key', method: 'GET', status: 200 };

describe('the schema of an answer', () => {
  it('accepts what the document shows', () => {
    const [body] = seedDocument('deltadefi').exampleAnswers;
    expect(mismatchOf('deltadefi')({ ...deltadefi, status: 200, body })).toBeNull();
    const error = { code: 4010, error: 'Unauthorized access', msg: 'more' };
    expect(mismatchOf('deltadefi')({ ...deltadefi, status: 401, body: error })).toBeNull();
  });

  it('refuses what it does not say', () => {
    const check = mismatchOf('deltadefi');
    expect(check({ ...deltadefi, status: 200, body: { api_key: 1 } })).toMatch(/api_key must be string/);
    expect(check({ ...deltadefi, status: 401, body: { code: '4010' } })).toMatch(/code must be integer/);
    expect(check({ ...deltadefi, status: 404, body: {} })).toMatch(/no answer 404/);
    expect(check({ ...deltadefi, path: '/other', status: 200, body: {} })).toMatch(/no answer/);
  });

  it('DB2 finds that an example of Deribit is not as its own schema', () => {
    const check = mismatchOf('deribitReset');
    const [body] = seedDocument('deribitReset').exampleAnswers as [{ result: object }];
    expect(check({ ...deribit, body })).toMatch(/max_scope must be array/);
    const result = { ...body.result, max_scope: ['account:read'], ip_whitelist: [], enabled_features: [] };
    expect(check({ ...deribit, body: { ...body, result } })).toBeNull();
    expect(check({ ...deribit, body: { jsonrpc: '1.0' } })).toMatch(/allowed values.*|required/);
  });

  it('knows what has changed between OpenAPI 3.0 and 3.1', () => {
    expect(asOpenApi31({ type: 'string', nullable: true, enum: ['a'] })).toEqual({
      type: ['string', 'null'],
      enum: ['a', null],
    });
    expect(asOpenApi31({ minimum: 1, exclusiveMinimum: true, maximum: 2, exclusiveMaximum: false })).toEqual({
      minimum: 1,
      exclusiveMinimum: 1,
      maximum: 2,
    });
    expect(asOpenApi31([{ $ref: '#/a', type: 'string' }])).toEqual([{ $ref: '#/a' }]);
    const schema = { $ref: '#/components/schemas/a' };
    const document = {
      paths: { '/': { get: { responses: { default: { content: { 'application/json': { schema } } } } } } },
      components: { schemas: { a: { type: 'object', nullable: true, example: {} } } },
    };
    const answer = { path: '/', method: 'GET', status: 500, body: null };
    expect(schemaOfAnswer({ ...document, openapi: '3.0.3' } as OpenApi)(answer)).toBeNull();
    expect(() => schemaOfAnswer({ ...document, openapi: '3.1.0' } as OpenApi)(answer)).not.toThrow();
  });
});
