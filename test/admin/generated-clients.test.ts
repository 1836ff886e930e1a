import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { installTools, runProgram as run } from '../harness/install-tools.js';
import { createInstance, type TestInstance } from '../harness/instance.js';

/**
 * Clients that tools generate from the document, checked by TypeScript and run. The tools need TypeScript 5 (openapi-typescript)
 * and other libraries than this package (orval), so they have a folder of their own, kept between runs.
 */
const manifest = join(__dirname, 'generated-clients', 'package.json');

const strictOptions = {
  ...{ target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', strict: true },
  ...{ noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: true, types: [] },
  lib: ['es2022', 'dom', 'dom.iterable'],
};

const usageOfOpenapiFetch = `
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

const [baseUrl = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl });
const body = { name: 'CI', scopes: ['orders:read' as const], ownerId: 'alice' };
const { data, error } = await client.POST('/keys', { body });
if (error !== undefined) throw new Error(error.detail);
const key: string | undefined = data.key;
// @ts-expect-error: what no answer has
void data.secret;
const { id, hint }: { id: string; hint: string } = data;
const rotated = await client.POST('/keys/{id}/rotate', { params: { path: { id } }, body: {} });
const next: string | undefined = rotated.data?.key;
type Shown = components['schemas']['KeyWithSecret']['key'];
const shown: Shown = next;
console.log(JSON.stringify({ key, id, hint, next: shown }));
`;

const usageOfOrval = `
import axios from 'axios';
import { createKey, rotateKey } from './client.js';

axios.defaults.baseURL = process.argv[2] ?? '';
const { data } = await createKey({ name: 'CI', scopes: ['orders:read'], ownerId: 'alice' });
const key: string | undefined = data.key;
const { id, hint }: { id: string; hint: string } = data;
const rotated = await rotateKey(id, {});
const next: string | undefined = rotated.data.key;
console.log(JSON.stringify({ key, id, hint, next }));
`;

const declareProcess = 'declare const process: { readonly argv: string[] };\n';

describe('clients that are generated from the document', () => {
  let tools: string;
  let folder: string;
  let instance: TestInstance;
  let baseUrl: string;
  const server = createServer();

  beforeAll(async () => {
    tools = await installTools('generated-clients', manifest);
    instance = createInstance();
    await instance.apiKeys.ready();
    const app = express();
    app.use('/api-keys', instance.apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }));
    server.on('request', app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api-keys`;
    folder = mkdtempSync(join(tmpdir(), 'generated-clients-'));
    symlinkSync(join(tools, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'openapi.json'), await (await fetch(`${baseUrl}/openapi.json`)).text());
    // The first run downloads the tools.
  }, 240_000);
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await instance.apiKeys.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const runTool = (path: string, ...args: readonly string[]): Promise<string> =>
    run(process.execPath, [join(tools, 'node_modules', path), ...args], folder);

  /** Checks the types of a program, compiles and runs it. */
  async function runProgram(name: string, source: string): Promise<Record<string, unknown>> {
    writeFileSync(join(folder, `${name}.ts`), declareProcess + source);
    const config = { compilerOptions: { ...strictOptions, outDir: `dist-${name}` }, files: [`${name}.ts`] };
    writeFileSync(join(folder, `tsconfig.${name}.json`), JSON.stringify(config));
    await runTool('typescript/bin/tsc', '-p', `tsconfig.${name}.json`);
    const printed = await run(process.execPath, [join(`dist-${name}`, `${name}.js`), baseUrl], folder);
    return JSON.parse(printed) as Record<string, unknown>;
  }

  const aKey = expect.stringMatching(/^acme_live_/) as string;
  const newKey = {
    key: aKey,
    id: expect.any(String) as string,
    hint: expect.any(String) as string,
    next: aKey,
  };

  it('by openapi-typescript, used through openapi-fetch, read key without narrowing', async () => {
    await runTool('openapi-typescript/bin/cli.js', 'openapi.json', '-o', 'schema.ts');
    expect(await runProgram('with-fetch', usageOfOpenapiFetch)).toEqual(newKey);
  });

  it('by orval, used through axios, read key without narrowing', async () => {
    const output = { target: 'client.ts', client: 'axios-functions', mode: 'single' };
    const config = { api: { input: 'openapi.json', output } };
    writeFileSync(join(folder, 'orval.config.cjs'), `module.exports = ${JSON.stringify(config)};`);
    await runTool('orval/dist/bin/orval.js', '--config', 'orval.config.cjs');
    expect(await runProgram('with-axios', usageOfOrval)).toEqual(newKey);
  });
});
