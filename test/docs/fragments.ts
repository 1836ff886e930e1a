import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blocksOf, repository, type Block } from './markdown.js';

/** Blocks of TypeScript as files in a folder in which the package can be imported by its name. */
export interface Fragments {
  readonly folder: string;
  /** Compiles all of them; what the compiler says, by block. */
  compile(): ReadonlyMap<Block, string>;
  /** Runs those that can be run, one after the other in one process; what was thrown, by block. */
  run(): ReadonlyMap<Block, string>;
  remove(): void;
}

/** Whether a block is a whole file. All others are statements for the reader's own app, which they import as `./app.js`. */
export function isWholeFile(block: Block): boolean {
  return fileNameOf(block) !== null || /^import .* from 'express-api-keys';$/m.test(block.text);
}

/** The file that a block says it is, as a comment in its first line: `// src/app.ts`. */
export function fileNameOf(block: Block): string | null {
  return /^\/\/ ([\w./-]+\.[mc]?[jt]s)$/m.exec(block.text.split('\n')[0] ?? '')?.[1] ?? null;
}

/** Whether a block can be run by itself: it does not listen, needs no server, and is no test. */
export function canBeRun(block: Block): boolean {
  if (!isWholeFile(block)) return true;
  if (/\.listen\(|new Pool\(|@jest\/globals/.test(block.text)) return false;
  return !block.text.includes('./app.js') || !hasOwnApp(block.document);
}

/** Whether a page shows the app that its blocks import; all others import that of the start pages. */
function hasOwnApp(document: string): boolean {
  return (
    document !== 'none' && blocksOf(document).some((each) => /(?:^|\/)app\.ts$/.test(fileNameOf(each) ?? ''))
  );
}

/**
 * Writes blocks into a temporary folder: those of one document into one folder, so that a block can import another one of
 * its page by the name that stands in its first line.
 */
export function writeFragments(blocks: readonly Block[]): Fragments {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-docs-'));
  const pages = [...new Set(blocks.map(({ document }) => document))];
  const pathOf = (block: Block, index: number): string =>
    `page-${pages.indexOf(block.document)}/${fileNameOf(block)?.replace(/\.ts$/, '') ?? `fragment-${index}`}`;
  const names = new Map(blocks.map((block, index) => [pathOf(block, index), block]));
  if (names.size < blocks.length) throw new Error('two blocks of a page say that they are the same file');
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration));
  for (const [name, block] of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, `${name}.ts`), block.text);
  }
  // What a reader has from the start pages, on pages that do not show an app of their own.
  for (const page of pages.keys()) {
    const app = join(folder, `page-${page}`, 'app.ts');
    if (!existsSync(app)) cpSync(join(repository, 'test', 'docs', 'readers-app.ts'), app);
  }
  const toRun = [...names].filter(([, block]) => canBeRun(block)).map(([name]) => name);
  writeFileSync(join(folder, 'run.ts'), runner(toRun));

  /** Sorts lines that begin with the name of a fragment by that fragment. */
  function byBlock(lines: readonly string[]): Map<Block, string> {
    const found = new Map<Block, string>();
    for (const line of lines) {
      const block = names.get(/^(page-\d+\/[\w./-]+?)(?:\.ts)?[ (]/.exec(line)?.[1] ?? '');
      if (block !== undefined) found.set(block, `${found.get(block) ?? ''}${line}\n`);
    }
    return found;
  }

  return {
    folder,

    compile() {
      const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
      const { stdout } = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: folder, encoding: 'utf8' });
      const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
      const elsewhere = errors.filter((line) => !line.startsWith('page-'));
      if (elsewhere.length > 0) throw new Error(`not in a document:\n${elsewhere.join('\n')}`);
      return byBlock(errors);
    },

    run() {
      const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'run.ts'], {
        cwd: folder,
        encoding: 'utf8',
      });
      if (!stdout.includes('all were run')) throw new Error(stdout + stderr);
      return byBlock(stdout.split('\n'));
    },

    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const configuration = {
  extends: join(repository, 'tsconfig.json'),
  compilerOptions: {
    types: ['node'],
    paths: {
      'express-api-keys': [join(repository, 'lib', 'index.ts')],
      'express-api-keys/dialects': [join(repository, 'lib', 'dialects', 'index.ts')],
      'express-api-keys/express': [join(repository, 'lib', 'express', 'index.ts')],
      'express-api-keys/store': [join(repository, 'lib', 'store', 'index.ts')],
      'express-api-keys/testing': [join(repository, 'lib', 'testing', 'index.ts')],
      'express-api-keys/totp': [join(repository, 'lib', 'totp', 'index.ts')],
    },
    // Fragments show a value without using it.
    noUnusedLocals: false,
  },
  include: ['**/*.ts'],
};

function runner(names: readonly string[]): string {
  const runs = names.map(
    (name) =>
      `await import('./${name}.js').catch((error) => console.log('${name} ' + String(error).split('\\n')[0]));`,
  );
  return `${runs.join('\n')}\nconsole.log('all were run');\nprocess.exit(0);\n`;
}
