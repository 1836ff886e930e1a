import express from 'express';
import { yativoRouter } from '../../lib/dialects/index.js';
import { createInstance } from '../harness/instance.js';
import { runSample } from './run-sample.js';
import { seedDocument } from './seed-documents.js';
import { serveApp } from './serve-app.js';
import { verifyAccessToken } from './yativo-app.js';

jest.setTimeout(120_000);

const document = seedDocument('yativo');
const [example] = document.exampleAnswers;

interface Answer {
  readonly data: Readonly<Record<string, unknown>>;
}

/** What the curl sample of the document prints when the router is mounted there. */
async function answerToSample(mount: string, server: (url: string) => string): Promise<Answer> {
  const { apiKeys } = createInstance({ tokens: { issuer: 'http://127.0.0.1' } });
  await apiKeys.ready();
  const app = express().use(mount, yativoRouter(apiKeys, { verifyAccessToken }));
  try {
    return await serveApp(app, async (url) => {
      const { stdout } = await runSample(document.sample('bash'), {
        'https://crypto-api.yativo.com': server(url),
        YOUR_ACCESS_TOKEN: 'session-alice',
      });
      return JSON.parse(stdout) as Answer;
    });
  } finally {
    await apiKeys.close();
  }
}

/** Members of an interface in a block of TypeScript: name -> type, as they are written. */
function membersOf(block: string, name: string): readonly (readonly [string, string])[] {
  const body = block.slice(block.indexOf(name));
  const data = body.slice(body.indexOf('data: {') + 'data: {'.length, body.indexOf('  };'));
  return [...data.matchAll(/^\s+(\w+): ([^;]+);/gm)].map(([, member = '', type = '']) => [member, type]);
}

/** Whether a value is of a type, as it is written there. */
function isOf(type: string, value: unknown): boolean {
  if (type === 'string[]') return Array.isArray(value) && value.every((each) => typeof each === 'string');
  return type === 'string | null' ? value === null || typeof value === 'string' : typeof value === type;
}

/** A JSON value with the kind of each value in its place. */
function kindsIn(value: unknown): unknown {
  if (Array.isArray(value)) return expect.arrayContaining([expect.any(String)]);
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => [name, kindsIn(member)]);
    return expect.objectContaining(Object.fromEntries(members));
  }
  return value === null ? null : expect.any(Object(value).constructor);
}

describe("Yativo's document", () => {
  it.each([
    ['/', (url: string) => url],
    ['/api', (url: string) => url],
    ['/yativo', (url: string) => `${url}/yativo`],
  ])('YA10 has a sample of curl that runs as it stands, with the router at %s', async (mount, server) => {
    const { data } = await answerToSample(mount, server);
    expect(data).toMatchObject({
      name: 'Production Backend',
      permissions: ['transactions:read', 'transactions:write', 'accounts:read'],
    });
  });

  it('YA1, YA2, YA3, YA4 is answered with its type and with its example at once', async () => {
    const answer = await answerToSample('/', (url) => url);
    const members = membersOf(document.sample('typescript').text, 'interface CreateApiKeyResponse');
    expect(members.map(([name]) => name)).toEqual([
      ...['key_id', 'api_key', 'api_secret', 'name', 'permissions', 'expires_at', 'created_at'],
    ]);
    for (const [name, type] of members) expect([name, isOf(type, answer.data[name])]).toEqual([name, true]);
    expect(answer).toMatchObject({ status: 'success' });

    expect(answer).toEqual(kindsIn(example));
    const { data, ...envelope } = example as Answer;
    expect(answer).toMatchObject(envelope);
    const { rate_limit, token_expiry_minutes, expires_at } = data;
    expect(answer.data).toMatchObject({ rate_limit, token_expiry_minutes, expires_at });
    for (const name of ['api_key', 'api_secret']) {
      expect(String(answer.data[name])).toHaveLength(String(data[name]).length);
    }
  });
});
