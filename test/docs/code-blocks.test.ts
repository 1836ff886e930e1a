import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { transformSync } from 'esbuild';
import { parse as parseYaml } from 'yaml';
import { buildApp, putPackage, type BuiltApp } from '../example-app/built-app.js';
import { freePort } from '../servers/server-process.cjs';
import { canBeRun, fileNameOf, writeFragments, type Fragments } from './fragments.js';
import { blocksOf, documents, type Block } from './markdown.js';
import { isAppOfGuide, isCommandOfGuideApp } from './guide-apps.js';
import { isAsShown, runSession } from './session.js';

const allBlocks = documents.flatMap((document) => blocksOf(document));
const labelled = (blocks: readonly Block[]) =>
  blocks.map((block) => [`${block.document}:${block.line}`, block] as const);

const typescript = allBlocks.filter(({ language }) => language === 'ts');
const runnable = typescript.filter(canBeRun);
const programs = allBlocks.filter(
  (block) =>
    block.text.includes('app.listen(3000') && block.text.includes("'/orders'") && !isAppOfGuide(block),
);

/** A program that was started. */
interface Started {
  readonly url: string;
  readonly output: () => string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

/** Blocks that must be found wanting, so that the checks are known to look. */
const wrong = {
  misspelt: {
    document: 'none',
    line: 1,
    language: 'ts',
    text: `import { apiKeys } from './app.js';\napiKeys.requireApiKey('orders:raed');\n`,
  },
  throwing: { document: 'none', line: 2, language: 'ts', text: `throw new Error('at run time');\n` },
} satisfies Record<string, Block>;

describe('code in the documents', () => {
  it('is in a language that is checked', () => {
    const languages = new Set(allBlocks.map(({ language }) => language));
    // A diff is applied in test/moving.
    expect([...languages].sort()).toEqual([
      'diff',
      'html',
      'js',
      'json',
      'nginx',
      'sh',
      'sql',
      'text',
      'ts',
      'yaml',
    ]);
    expect(typescript.length).toBeGreaterThan(10);
  });

  it.each(labelled(allBlocks.filter(({ language }) => language === 'json')))(
    '%s is JSON',
    (_at, { text }) => {
      expect(() => JSON.parse(text) as unknown).not.toThrow();
    },
  );

  it.each(labelled(allBlocks.filter(({ language }) => language === 'yaml')))(
    '%s is YAML',
    (_at, { text }) => {
      expect(parseYaml(text)).toBeInstanceOf(Object);
    },
  );

  it.each(labelled(allBlocks.filter(({ language }) => language === 'js')))(
    '%s is JavaScript',
    (_at, { text }) => {
      expect(() => transformSync(text)).not.toThrow();
    },
  );

  it('that reads req.apiKey imports its declaration, as a reader has to', () => {
    // They are compiled together, so that an import in one of them would declare it for all.
    const reading = typescript.filter(({ text }) => /\breq\.apiKey\b/.test(text));
    expect(reading.length).toBeGreaterThan(1);
    const without = reading.filter(({ text }) => !text.includes("import 'express-api-keys/express';"));
    expect(without.map(({ document, line }) => `${document}:${line}`)).toEqual([]);
  });

  describe('in TypeScript', () => {
    let written: Fragments;
    let compilerErrors: ReadonlyMap<Block, string>;
    let runErrors: ReadonlyMap<Block, string>;

    beforeAll(() => {
      written = writeFragments([...typescript, wrong.misspelt, wrong.throwing]);
      compilerErrors = written.compile();
      runErrors = written.run();
    }, 180_000);
    afterAll(() => written.remove());

    it.each(labelled(typescript))('%s compiles', (_at, block) => {
      expect(compilerErrors.get(block)).toBeUndefined();
    });

    it.each(labelled(runnable))('%s runs', (_at, block) => {
      expect(runErrors.get(block)).toBeUndefined();
    });

    it('is looked at: a wrong block is found', () => {
      expect(compilerErrors.get(wrong.misspelt)).toMatch(/error TS.*orders:raed/);
      expect(runErrors.get(wrong.misspelt)).toMatch(/did you mean 'orders:read'/);
      expect(runErrors.get(wrong.throwing)).toMatch(/at run time/);
    });
  });

  describe('that is a whole program', () => {
    let built: BuiltApp;
    let folder: string;
    let child: ChildProcess | undefined;

    beforeAll(() => {
      built = buildApp();
      const commonJs = join(built.folder, 'node_modules', 'express-api-keys', 'dist', 'cjs');
      putPackage('cjs', commonJs);
      writeFileSync(join(commonJs, 'package.json'), '{ "type": "commonjs" }');
    }, 120_000);
    afterAll(() => built.remove());
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'express-api-keys-program-'));
    });
    afterEach(() => {
      child?.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });

    /** Programs in CommonJS are those for Express 4, and get it. */
    function linkPackages(isForExpress4: boolean): void {
      const packages = join(built.folder, 'node_modules');
      const links = join(folder, 'node_modules');
      if (!isForExpress4) return symlinkSync(packages, links);
      mkdirSync(links);
      for (const name of readdirSync(packages)) {
        const target = join(packages, name === 'express' ? 'express4' : name);
        // A copy looks for Express beside itself, as an installed package does.
        if (name === 'express-api-keys') cpSync(target, join(links, name), { recursive: true });
        else symlinkSync(target, join(links, name));
      }
    }

    /** Starts a program in a folder of its own, on a free port in place of 3000. */
    async function start(block: Block, portTaken?: number): Promise<Started> {
      const name = fileNameOf(block) ?? `app.${block.language === 'ts' ? 'mts' : 'mjs'}`;
      const file = join(folder, basename(name));
      // What it imports of its page.
      for (const other of blocksOf(block.document)) {
        const itsName = fileNameOf(other);
        if (itsName?.endsWith('.ts') === true) writeFileSync(join(folder, basename(itsName)), other.text);
      }
      linkPackages(name.endsWith('.cjs'));
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      const port = portTaken ?? (await freePort());
      writeFileSync(file, block.text.replaceAll('3000', String(port)));
      const running = spawn(process.execPath, ['--import', 'tsx', file], {
        cwd: folder,
        env: { PATH: process.env['PATH'] },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = running;
      let written = '';
      for (const stream of [running.stdout, running.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => (written += text));
      }
      const ended = once(running, 'close').then(([code]) => code as number | null);
      const url = `http://localhost:${port}`;
      while ((await fetch(url).catch(() => null)) === null) {
        if (running.exitCode !== null) throw new Error(written);
        await setTimeout(50);
      }
      return { url, output: () => written, ended };
    }

    it.each(labelled(allBlocks.filter(isAppOfGuide)))(
      '%s prints what its page shows for its commands',
      async (_at, block) => {
        const { url } = await start(block);
        const page = blocksOf(block.document);
        const commands = page.filter(isCommandOfGuideApp);
        const printed = runSession(page, (each) => commands.includes(each), '', {
          'http://localhost:3000': url,
        });
        expect(printed).toHaveLength(1);
        for (const { output, expected } of printed) {
          expect(expected).not.toBeNull();
          expect(`${isAsShown(output, expected)} ${output}`).toBe(`true ${output}`);
        }
      },
      60_000,
    );

    it('is there for each guide about rights', () => {
      expect(allBlocks.filter(isAppOfGuide).map(({ document }) => basename(document, '.md'))).toEqual([
        'erasure',
        'keys-that-manage-keys',
        'organizations',
        'plans-app',
        'resource-bound-keys',
        'suspension',
      ]);
    });

    it.each(labelled(programs))(
      '%s starts and protects its route',
      async (_at, block) => {
        const { url } = await start(block);
        const answer = await fetch(`${url}/orders`);
        expect(answer.status).toBe(401);
        expect(await answer.json()).toMatchObject({ code: 'missing_credential' });
      },
      60_000,
    );

    it('lets its key in, if it is the quick start', async () => {
      const quickStart = programs.find(({ language }) => language === 'js');
      const { url, output } = await start(quickStart!);
      while (!output().includes('curl')) await setTimeout(20);
      const [, shownUrl, key] = /curl (\S+) -H 'X-API-Key: (\S+)'/.exec(output()) ?? [];
      expect(shownUrl).toBe(`${url}/orders`);
      const answer = await fetch(`${url}/orders`, { headers: { 'X-API-Key': key ?? '' } });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ orders: [], owner: 'alice' });
    }, 180_000);

    it('prints what its page shows for its commands, if it is that of the quick start page', async () => {
      const page = 'docs/start/quick-start.md';
      const { url, output } = await start(programs.find(({ document }) => document === page)!);
      while (!/^KEY=.+\n/m.test(output())) await setTimeout(20);
      const line = /^KEY=.+$/m.exec(output())?.[0] ?? '';
      const printed = runSession(blocksOf(page), ({ text }) => text.startsWith('curl '), line, {
        'http://localhost:3000': url,
      });
      expect(printed).toHaveLength(3);
      for (const { output: answer, expected } of printed) {
        expect(expected).not.toBeNull();
        expect(`${isAsShown(answer, expected)} ${answer}`).toBe(`true ${answer}`);
      }
    }, 180_000);

    it.each(labelled(programs.filter(({ text }) => text.includes('console.log('))))(
      '%s prints nothing to paste when its port is taken',
      async (_at, block) => {
        const other = createServer((_req, res) => res.end()).listen(0);
        await once(other, 'listening');
        const { port } = other.address() as AddressInfo;
        const { output, ended } = await start(block, port);
        expect(await ended).not.toBe(0);
        expect(output()).toContain('EADDRINUSE');
        expect(output()).not.toMatch(/curl |KEY=/);
        other.close();
      },
      60_000,
    );

    it('is short, if it is the quick start', () => {
      const quickStart = programs.find(({ language }) => language === 'js');
      expect(quickStart?.text.trim().split('\n').length).toBeLessThanOrEqual(15);
    });
  });
});
