import request from 'supertest';
import { asOwner, createDeribitApp, type DeribitApp, type DeribitKey } from './deribit-app.js';
import { schemaOfAnswer, type MismatchOf } from './schema-of-answer.js';
import { seedDocument, type OpenApi, type SeedName } from './seed-documents.js';
import { serveApp } from './serve-app.js';
import { runSwaggerClient, type SwaggerAnswer, type SwaggerOperation } from './swagger-client.js';

jest.setTimeout(120_000);

/** A call as the documents show it. */
interface ExampleRequest {
  readonly jsonrpc: string;
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface ExampleAnswer {
  readonly jsonrpc: string;
  readonly id: number;
  readonly result: DeribitKey;
}

const createPath = '/private/create_api_key';
const resetPath = '/private/reset_api_key';
const createExample = exampleOf('deribitCreate');
const resetExample = exampleOf('deribitReset');

function openApiOf(name: SeedName): OpenApi {
  const { openApi } = seedDocument(name);
  if (openApi === null) throw new Error(`${name} has no OpenAPI`);
  return openApi;
}

function exampleOf(name: SeedName): { readonly request: ExampleRequest; readonly answer: ExampleAnswer } {
  const { exampleRequests, exampleAnswers } = seedDocument(name);
  expect([exampleRequests.length, exampleAnswers.length]).toEqual([1, 1]);
  return { request: exampleRequests[0] as ExampleRequest, answer: exampleAnswers[0] as ExampleAnswer };
}

/** The values that the document's parameters have as examples. */
function exampleParameters(name: SeedName, path: string): Readonly<Record<string, unknown>> {
  const document = openApiOf(name) as unknown as {
    paths: Record<
      string,
      { get: { parameters: { name: string; schema: { example?: unknown; $ref?: string } }[] } }
    >;
    components: { schemas: Record<string, { example?: unknown }> };
  };
  const values = document.paths[path]?.get.parameters.map(({ name: parameter, schema }) => {
    const referred =
      schema.$ref === undefined ? schema : document.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
    return [parameter, referred?.example] as const;
  });
  return Object.fromEntries(values?.filter(([, value]) => value !== undefined) ?? []);
}

describe("Deribit's documents", () => {
  let deribit: DeribitApp;
  const creating = openApiOf('deribitCreate');
  const resetting = openApiOf('deribitReset');

  async function start(maxScope: 'string' | 'array'): Promise<void> {
    deribit = createDeribitApp({ maxScope });
    await deribit.apiKeys.ready();
  }
  afterEach(() => deribit.apiKeys.close());

  function drive(
    url: string,
    document: OpenApi,
    operations: readonly SwaggerOperation[],
  ): Promise<readonly SwaggerAnswer[]> {
    return runSwaggerClient(document, `${url}/api/v2`, operations, asOwner('alice'));
  }
  const resultOf = ({ body }: SwaggerAnswer): DeribitKey => (body as ExampleAnswer).result;
  function expectMatch(mismatchOf: MismatchOf, path: string, answers: readonly SwaggerAnswer[]): void {
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(mismatchOf({ path, method: 'GET', status, body })).toBeNull();
    }
  }

  it("drive a client whose answers are as their schemas say, with maxScope: 'array'", async () => {
    await start('array');
    const parameters = exampleParameters('deribitCreate', createPath);
    expect(Object.keys(parameters)).toEqual(['max_scope', 'name', 'public_key']);
    const features = { enabled_features: ['restricted_block_trades', 'block_trade_approval'] };
    const create = (more: Record<string, unknown>): SwaggerOperation => ({
      path: createPath,
      method: 'get',
      parameters: more,
    });
    const { max_scope } = parameters;
    await serveApp(deribit.app, async (url) => {
      const made = await drive(url, creating, [
        create(parameters),
        create({ max_scope }),
        create({ max_scope, ...features }),
      ]);
      expectMatch(schemaOfAnswer(creating), createPath, made);
      expect(resultOf(made[0]!)).toMatchObject({
        ...parameters,
        max_scope: [...(max_scope as string[])].sort(),
      });
      expect(resultOf(made[2]!)).toMatchObject(features);

      const { id } = exampleParameters('deribitReset', resetPath);
      expect(id).toBe(1);
      const reset = (number: unknown): SwaggerOperation => ({
        path: resetPath,
        method: 'get',
        parameters: { id: number },
      });
      const again = await drive(url, resetting, [reset(2), reset(3)]);
      expectMatch(schemaOfAnswer(resetting), resetPath, again);
      expect(again.map(resultOf).map((key) => key.id)).toEqual([2, 3]);
      const [asymmetric] = await drive(url, resetting, [reset(id)]);
      expect([asymmetric?.status, asymmetric?.body]).toMatchObject([400, { error: { code: -32602 } }]);
    });
  });

  it('drive a client whose answers are written as their examples, by default', async () => {
    await start('string');
    const { name, max_scope } = createExample.answer.result;
    await serveApp(deribit.app, async (url) => {
      const parameters = { name, max_scope: max_scope.split(' ') };
      const create = { path: createPath, method: 'get', parameters };
      const [, , third] = await drive(url, creating, [create, create, create]);
      const [reset] = await drive(url, resetting, [
        { path: resetPath, method: 'get', parameters: resetExample.request.params },
      ]);
      for (const [answer, example] of [
        [third, createExample.answer],
        [reset, resetExample.answer],
      ] as const) {
        const secret = expect.stringMatching(/^[\w-]{43}$/) as string;
        expect(answer?.body).toMatchObject({
          jsonrpc: example.jsonrpc,
          result: {
            ...example.result,
            timestamp: deribit.clock.now(),
            client_id: expect.stringMatching(/^[\w-]{8}$/) as string,
            client_secret: secret,
          },
        });
      }
      expect(resultOf(reset!)).toEqual({
        ...resultOf(third!),
        client_secret: resultOf(reset!).client_secret,
      });
      expect(resultOf(reset!).client_secret).not.toBe(resultOf(third!).client_secret);
    });
  });

  it.each([
    ['GET', '/api/v2/private/create_api_key'],
    ['POST', '/api/v2/private/create_api_key'],
    ['POST', '/api/v2'],
  ])('have an example of create_api_key that works as %s %s', async (method, path) => {
    await start('string');
    const agent = request(deribit.app);
    const answer = await (method === 'GET' ? agent.get(path) : agent.post(path))
      .set(asOwner('alice'))
      .send(createExample.request);
    expect([answer.status, answer.body.id]).toEqual([200, createExample.request.id]);
    const { name, public_key, max_scope } = createExample.request.params as Record<string, string>;
    expect(answer.body.result).toMatchObject({
      name: name?.replaceAll(' ', '_'),
      public_key,
      max_scope: max_scope?.split(' ').sort().join(' '),
    });
  });

  it('have an example of reset_api_key that works', async () => {
    await start('string');
    for (let made = 0; made < 3; made += 1) await deribit.newKey();
    for (const path of ['/api/v2/private/reset_api_key', '/api/v2']) {
      const answer = await request(deribit.app).post(path).set(asOwner('alice')).send(resetExample.request);
      expect([answer.status, answer.body.id]).toEqual([200, resetExample.request.id]);
      expect(answer.body.result.id).toBe(resetExample.request.params['id']);
    }
  });
});
