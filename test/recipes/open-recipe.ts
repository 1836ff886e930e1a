import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type Express } from 'express';
import supertest from 'supertest';
import type { ApiKeys } from '../../lib/index.js';
import { runHere, type CommandOutcome } from '../cli/run-here.js';
import { blocksOf, repository } from '../docs/markdown.js';
import { fileNameOf } from '../docs/fragments.js';
import { testPepper } from '../harness/instance.js';

type Scope = 'orders:read' | 'orders:write';

/** What a command of a page is run with. */
interface CommandSurroundings {
  /** Which of the commands of the page, from 0. */
  readonly index?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Changes the command as its reader is told to. */
  readonly change?: (command: string) => string;
}

/** A page of `docs/guides`, whose code and commands are used as they stand there. */
export interface Recipe {
  readonly apiKeys: ApiKeys<Scope>;
  /** An app with `GET /orders` and `POST /orders`, behind guards. */
  readonly app: Express;
  /** A folder for files of the test. */
  readonly folder: string;
  /** Runs a command `npx api-keys …` of the page. */
  run(surroundings?: CommandSurroundings): Promise<CommandOutcome>;
  /** Sends a request; returns its status, and whose key it is. @param header - by default, `X-API-Key` has the key */
  ask(key: string, method?: 'get' | 'post', header?: readonly [string, string]): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens a page: `api-keys.ts` becomes an instance with a database of its own, and the other files of the page are loaded behind it.
 *
 * @param page - its name in `docs/guides`
 * @param files - more blocks of the page that the app loads, by the name in their first line
 */
export async function openRecipe(page: string, files: readonly string[] = []): Promise<Recipe> {
  const blocks = blocksOf(`docs/guides/${page}`);
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-recipe-'));
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'app.ts'), "import express from 'express';\nexport const app = express();\n");
  process.env['API_KEYS_DATABASE'] = `file:${join(folder, 'keys.sqlite')}`;
  process.env['API_KEYS_PEPPER'] = testPepper;
  const load = (name: string): unknown => {
    const block = blocks.find((each) => fileNameOf(each) === name);
    if (block === undefined) throw new Error(`${page} has no ${name}`);
    writeFileSync(join(folder, name), block.text);
    return require(join(folder, name));
  };
  const { apiKeys } = load('api-keys.ts') as { readonly apiKeys: ApiKeys<Scope> };
  const { app } = require(join(folder, 'app.ts')) as { readonly app: Express };
  for (const name of files) load(name);
  await apiKeys.ready();
  app.use(express.json());
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => {
    res.json({ ownerId: apiKeys.apiKeyOf(req).ownerId });
  });
  app.post('/orders', apiKeys.requireApiKey('orders:write'), (req, res) => {
    res.json({ ownerId: apiKeys.apiKeyOf(req).ownerId });
  });
  const commands = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text);

  return {
    apiKeys,
    app,
    folder,
    run({ index = 0, environment = {}, input = '', change = (command: string) => command } = {}) {
      return runHere([...listArguments(change(commands[index] ?? ''))], {
        environment,
        input,
        exports: { apiKeys: { ...apiKeys, close: () => Promise.resolve() } },
      });
    },
    async ask(key, method = 'get', [name, value] = ['X-API-Key', key]) {
      const { status, body } = await supertest(app)[method]('/orders').set(name, value);
      const { ownerId, code } = body as { readonly ownerId?: string; readonly code?: string };
      return `${status} ${ownerId ?? code}`;
    },
    async close() {
      await apiKeys.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a shell makes of a command; the module that it names stands beside it. */
function listArguments(command: string): readonly string[] {
  const last = command.slice(command.indexOf('npx api-keys'));
  const printed = execFileSync('bash', ['-c', last.replace('npx api-keys', "printf '%s\\0'")], {
    encoding: 'utf8',
  });
  const given = printed.split('\0').slice(0, -1);
  return given.map((argument) => (argument === './api-keys.js' ? __filename : argument));
}
