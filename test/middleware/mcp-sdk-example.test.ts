import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { makeScriptFolder, type ScriptFolder } from '../harness/script-folder.js';
import { freePort } from '../servers/server-process.cjs';

jest.setTimeout(120_000);

const sdk = join(__dirname, '..', '..', 'node_modules', '@modelcontextprotocol', 'sdk', 'dist', 'esm');
const example = readFileSync(join(sdk, 'examples', 'server', 'simpleStreamableHttp.js'), 'utf8')
  // It stands outside of the SDK here, as the app of a user does.
  .replaceAll("'../../", "'@modelcontextprotocol/sdk/")
  .replaceAll("'../shared/", "'@modelcontextprotocol/sdk/examples/shared/")
  .replaceAll("'./demoIn", "'@modelcontextprotocol/sdk/examples/server/demoIn");

/** What a new user adds, as docs/guides/mcp-servers.md has it. */
const setUp = `
import { createApiKeys } from './express-api-keys.mjs';
const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'greetings:send': 'Send greetings', 'files:read': 'List files' },
  database: 'file:' + process.env.KEYS_FILE,
});
`;
const guard = `
app.use('/mcp', apiKeys.mcpGuard({
  tools: { greet: 'greetings:send', 'multi-greet': 'greetings:send', 'list-files': 'files:read' },
}));
`;
/** Hands the tests a key, and revokes it. */
const forTests = `
const keys = apiKeys.keys.as({ kind: 'application' });
const made = await keys.create({ ownerId: 'alice', name: 'agent', scopes: ['greetings:send'] });
console.log('KEY ' + made.key);
process.on('SIGUSR2', () => void keys.revoke({ id: made.id }).then(() => console.log('REVOKED')));
`;

function protect(source: string): string {
  const created = 'const app = createMcpExpressApp();';
  expect(source.split(created)).toHaveLength(2);
  return setUp + source.replace(created, () => created + guard) + forTests;
}

describe("the SDK's own example simpleStreamableHttp", () => {
  let folder: ScriptFolder;
  let child: ChildProcess;
  let lines: string[];
  let url: URL;

  async function start(source: string): Promise<void> {
    const file = folder.path('server.mjs');
    writeFileSync(file, source);
    const port = await freePort();
    url = new URL(`http://localhost:${port}/mcp`);
    child = spawn(process.execPath, [file], {
      env: { PATH: process.env['PATH'], MCP_PORT: String(port), KEYS_FILE: folder.path('keys.sqlite') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    lines = [];
    for (const output of [child.stdout, child.stderr]) {
      if (output !== null) createInterface(output).on('line', (line) => void lines.push(line));
    }
    await waitFor((line) => line.startsWith('MCP Streamable HTTP Server listening'));
  }

  async function waitFor(matches: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = lines.find(matches);
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(`The example has exited: ${lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function connect(headers: Record<string, string>): Promise<Client> {
    const client = new Client({ name: 'test', version: '1.0.0' });
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    return client;
  }

  beforeAll(() => {
    folder = makeScriptFolder();
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  afterAll(() => folder.remove());

  it('works for everybody as it is', async () => {
    await start(example);
    const client = await connect({});
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    expect(await client.callTool({ name: 'greet', arguments: { name: 'Ada' } })).toMatchObject({
      content: [{ text: 'Hello, Ada!' }],
    });
    await client.close();
  });

  it('with the guard, works for keys alone, with the tools of their scopes, until they are revoked', async () => {
    await start(protect(example));
    const token = (await waitFor((line) => line.startsWith('KEY '))).slice(4);
    await expect(connect({})).rejects.toMatchObject({ code: 401 });
    for (const headers of [{ 'X-API-Key': token }, { Authorization: `Bearer ${token}` }]) {
      const client = await connect(headers);
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name).toSorted()).toEqual(['greet', 'multi-greet']);
      expect(await client.callTool({ name: 'greet', arguments: { name: 'Ada' } })).toMatchObject({
        content: [{ text: 'Hello, Ada!' }],
      });
      await expect(client.callTool({ name: 'list-files' })).rejects.toMatchObject({ code: 403 });
      await expect(client.callTool({ name: 'collect-user-info' })).rejects.toThrow('Unknown tool');
      // Prompts and resources of the example are as they were.
      expect((await client.listPrompts()).prompts).toHaveLength(1);
      await client.close();
    }
    const client = await connect({ 'X-API-Key': token });
    child.kill('SIGUSR2');
    await waitFor((line) => line === 'REVOKED');
    await expect(client.listTools()).rejects.toMatchObject({ code: 401 });
    await client.close();
  });
});
