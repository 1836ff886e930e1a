import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pepperCommand } from '../../lib/crypto/peppers.js';
import { buildApp, type BuiltApp } from '../example-app/built-app.js';
import { startApp, type RunningApp } from '../example-app/running-app.js';
import { commandsNotRun } from './commands.js';
import { isCommandOfGuideApp } from './guide-apps.js';
import { blocksOf, documents, readDocument, repository, type Block } from './markdown.js';
import { isAsShown, runSession, type Printed } from './session.js';

const packageJson = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  name: string;
  scripts: Record<string, string>;
  peerDependencies: Record<string, string>;
};

const isNotRun = (block: Block): boolean =>
  commandsNotRun.some(({ document, text }) => document === block.document && text === block.text);
// test/docs/code-blocks.test.ts runs the commands of guides that have an app of their own.
const isRun = (block: Block): boolean =>
  block.language === 'sh' && !isNotRun(block) && !isCommandOfGuideApp(block);

/** What needs an app that was started in another way: all from one heading of a document to the next. */
const isOfSecondFactor = ({ document, line }: Block): boolean => {
  if (document !== 'example-app/README.md') return false;
  const headings = readDocument(document)
    .split('\n')
    .slice(0, line)
    .filter((text) => text.startsWith('## '));
  return headings.at(-1) === '## Step-up (second factor)';
};

/** The pages of which the commands are run in one session each, against the example app. */
const withCommands = documents.filter(
  (document) => /^README|^docs\//.test(document) && blocksOf(document).some(isRun),
);

describe('commands in the documents', () => {
  let built: BuiltApp;
  let app: RunningApp;
  let lines: string;
  const dataDir = mkdtempSync(join(tmpdir(), 'express-api-keys-walkthrough-'));
  const password = 'the-demo-password';

  beforeAll(async () => {
    built = buildApp();
    app = await startApp(built.folder, { DATA_DIR: dataDir, DEMO_PASSWORD: password });
    lines = await app.linesToPaste();
  }, 180_000);
  afterAll(async () => {
    await app.end('SIGTERM');
    built.remove();
    rmSync(dataDir, { recursive: true, force: true });
  });

  function run(document: string, preparation: string): readonly Printed[] {
    return runSession(
      blocksOf(document).filter((block) => !isOfSecondFactor(block)),
      isRun,
      preparation,
      {
        'http://127.0.0.1:3000': app.url,
        'the-password-that-was-printed': password,
      },
      // As at the top of the repository, the package can be imported here, and it is the one that the app runs.
      built.folder,
    );
  }

  const wanting = (printed: readonly Printed[]): unknown[] =>
    printed
      .filter(({ output, expected }) => !isAsShown(output, expected))
      .map(({ block, output, expected }) => [`${block.document}:${block.line}`, output, expected?.text]);

  it.each(withCommands)(
    'of %s print what is shown, after the lines that the app prints',
    (document) => {
      const printed = run(document, `DEMO_PASSWORD='${password}'\n${lines}`);
      expect(wanting(printed)).toEqual([]);
    },
    60_000,
  );

  it('of these are as many as there were', () => {
    expect(withCommands.flatMap(blocksOf).filter(isRun).length).toBeGreaterThanOrEqual(6);
  });

  it('of the walkthrough in example-app/README.md print what is shown', () => {
    const printed = run('example-app/README.md', '');
    expect(printed.length).toBeGreaterThan(8);
    expect(wanting(printed)).toEqual([]);
  }, 180_000);

  it('of its part about a second factor print what is shown, when the app asks for one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-second-factor-'));
    const asking = await startApp(built.folder, {
      DATA_DIR: folder,
      DEMO_PASSWORD: password,
      DEMO_STEP_UP: '1',
    });
    await asking.linesToPaste();
    const [, secret = ''] =
      /^ +otpauth:\/\/totp\/\S*alice\?\S*secret=([A-Z2-7]+)/m.exec(asking.output()) ?? [];
    const printed = runSession(blocksOf('example-app/README.md').filter(isOfSecondFactor), isRun, '', {
      'http://127.0.0.1:3000': asking.url,
      'the-password-that-was-printed': password,
      'the-secret-of-alice-that-was-printed': secret,
    });
    await asking.end('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
    expect(secret).toHaveLength(32);
    expect(printed).toHaveLength(3);
    expect(wanting(printed)).toEqual([]);
    // Who does not ask for one shows no secrets.
    expect(app.output()).not.toContain('otpauth:');
  }, 180_000);

  it('are all run, or listed with how they are checked', () => {
    const others = documents.filter(
      (document) => ![...withCommands, 'example-app/README.md'].includes(document),
    );
    expect(others.flatMap(blocksOf).filter(isRun)).toEqual([]);
    for (const { document, text } of commandsNotRun) {
      expect(blocksOf(document).map((block) => block.text)).toContain(text);
    }
  });

  it('that set up this repository are two, are scripts, and are what CI runs', () => {
    const setUps = blocksOf('README.md')
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => /^npm install && (.+)$/m.exec(text)?.[1] ?? []);
    expect(setUps).toEqual(['npm start', 'npm test']);
    expect(packageJson.scripts).toHaveProperty('start');
    expect(packageJson.scripts).toHaveProperty('test');
    expect(readFileSync(join(repository, '.ci', 'run'), 'utf8')).toContain(
      '\nnpm install && npm test\nnpm run test:slow\n',
    );
  });

  it('that install the package name it, and packages that it works with', () => {
    const install = /^npm install ((?:[a-z-]+ ?)+)$/m.exec(
      commandsNotRun.map(({ text }) => text).join(''),
    )?.[1];
    const [name, ...others] = install?.split(' ') ?? [];
    expect(name).toBe(packageJson.name);
    expect(Object.keys(packageJson.peerDependencies)).toEqual(expect.arrayContaining(others));
  });

  it('that make a pepper are those of the messages', () => {
    const command = commandsNotRun.find(({ text }) => text.startsWith('node -e'))?.text;
    expect(command).toBe(`${pepperCommand}\n`);
  });

  it('name scripts that exist', () => {
    const scripts = {
      ...packageJson.scripts,
      ...(
        JSON.parse(
          readFileSync(join(repository, 'example-app', 'package.json'), 'utf8'),
        ) as typeof packageJson
      ).scripts,
    };
    const named = documents.flatMap((document) =>
      [...readFileSync(join(repository, document), 'utf8').matchAll(/npm run ([a-z:]+)/g)].map(
        ([, name]) => name,
      ),
    );
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => !Object.hasOwn(scripts, name ?? ''))).toEqual([]);
  });
});

describe('the comparison with what is shown', () => {
  const text = (shown: string): Block => ({ document: '', line: 1, language: 'text', text: shown });
  const json = (shown: string): Block => ({ document: '', line: 1, language: 'json', text: shown });

  it.each([
    ['2\nprecondition_failed\n', text('2\nprecondition_failed\n'), true],
    ['2\nother\n', text('2\nprecondition_failed\n'), false],
    ['2\n', text('2\nprecondition_failed\n'), false],
    ['2\nx\n3\n', text('2\nx\n'), false],
    ['undefined', text('…Z'), false],
    ['2026-01-01T00:00:00.000Z', text('…Z'), true],
    ['curl: (7) Failed to connect', null, false],
    ['', null, true],
    ['{"a":"xyz","b":1}', json('{ "a": "x…", "b": 1 }'), true],
    ['{"a":"xyz","b":2}', json('{ "a": "x…", "b": 1 }'), false],
    ['{"a":"xyz"}', json('{ "a": "x…", "b": 1 }'), false],
    ['{"a":"xyz","b":1,"c":1}', json('{ "a": "x…", "b": 1 }'), false],
    ['{"a":["x"]}', json('{ "a": ["x", "y"] }'), false],
  ])('of %j is what it should be', (output, expected, result) => {
    expect(isAsShown(output, expected)).toBe(result);
  });
});
