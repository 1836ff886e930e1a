import { listenForRequests } from './listen-for-requests.js';
import { seedDocument, type OpenApi, type SeedName } from './seed-documents.js';
import { runSwaggerClient, type SwaggerAnswer } from './swagger-client.js';

jest.setTimeout(120_000);

function openApiOf(name: SeedName): OpenApi {
  const { openApi } = seedDocument(name);
  if (openApi === null) throw new Error(`${name} has no OpenAPI`);
  return openApi;
}

describe('swagger-client', () => {
  let answers: readonly SwaggerAnswer[];

  it('is driven by the document of DeltaDeFi', async () => {
    const operation = { path: '/accounts/new-api-key', method: 'get', parameters: { 'X-API-KEY': 'dk_1' } };
    const seen = await listenForRequests({ status: 401, body: { code: 4010 } }, async (url) => {
      answers = await runSwaggerClient(openApiOf('deltadefi'), url, [operation]);
    });
    expect(seen).toEqual([expect.objectContaining({ method: 'GET', url: '/accounts/new-api-key' })]);
    expect(seen[0]?.headers['x-api-key']).toBe('dk_1');
    expect(answers).toEqual([expect.objectContaining({ status: 401, body: { code: 4010 } })]);
    expect(answers[0]?.headers['content-type']).toBe('application/json');
  });

  it('is driven by the documents of Deribit, in whose words lists are repeated', async () => {
    const create = {
      path: '/private/create_api_key',
      method: 'get',
      parameters: {
        max_scope: ['account:read', 'trade:read'],
        name: 'a name',
        enabled_features: ['restricted_block_trades', 'block_trade_approval'],
      },
    };
    const reset = { path: '/private/reset_api_key', method: 'get', parameters: { id: 3 } };
    const seen = await listenForRequests({ status: 200, body: { jsonrpc: '2.0' } }, async (url) => {
      const base = `${url}/api/v2`;
      const headers = { Authorization: 'Bearer token' };
      answers = await runSwaggerClient(openApiOf('deribitCreate'), base, [create, create], headers);
      await runSwaggerClient(openApiOf('deribitReset'), base, [reset]);
    });
    expect(seen.map(({ url }) => decodeURIComponent(url))).toEqual([
      ...Array.from(
        { length: 2 },
        () =>
          '/api/v2/private/create_api_key?max_scope=account:read&max_scope=trade:read&name=a name' +
          '&enabled_features=restricted_block_trades&enabled_features=block_trade_approval',
      ),
      '/api/v2/private/reset_api_key?id=3',
    ]);
    expect(seen[0]?.headers['authorization']).toBe('Bearer token');
    expect(answers).toHaveLength(2);
  });

  it('refuses a document in which something is not there', async () => {
    const document = {
      openapi: '3.0.0',
      paths: { '/a': { get: { responses: { 200: { $ref: '#/components/responses/None' } } } } },
      components: {},
    } as OpenApi;
    await expect(runSwaggerClient(document, 'http://127.0.0.1:9', [])).rejects.toThrow('swagger-client');
  });
});
