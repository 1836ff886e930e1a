import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scopes, testPepper } from '../harness/instance.js';

/** How the program has exited. */
export interface ProgramOutcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program while it runs. */
export interface RunningProgram {
  readonly child: ChildProcessWithoutNullStreams;
  readonly done: Promise<ProgramOutcome>;
  /** Resolves when stderr has this text, or the program has exited. */
  waitFor(text: string): Promise<void>;
}

/** A folder of a user: the program, the package as `./express-api-keys.js`, and the user's own files. */
export interface CommandFolder {
  path(name: string): string;
  write(name: string, content: string | Uint8Array): string;
  /** Writes `api-keys.js`, whose instance has the database of the variable `DATABASE`. @param options - more of them, as source */
  writeInstance(options?: string): void;
  start(args: readonly string[], environment?: Readonly<Record<string, string>>): RunningProgram;
  run(
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
    input?: string,
  ): Promise<ProgramOutcome>;
  /** Runs it in a shell, which has this behind the command: `| head -1`. The code is that of the program. */
  runInShell(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    rest: string,
  ): Promise<ProgramOutcome>;
  remove(): void;
}

const root = join(__dirname, '..', '..');
/** Packages in CommonJS expect these. */
const banner =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/** Bundles the program and the package, and puts them where npm would. */
export function makeCommandFolder(): CommandFolder {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-command-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "version": "9.8.7" }');
  const program = join(folder, 'dist', 'esm', 'cli', 'bin.js');
  mkdirSync(join(folder, 'dist', 'esm', 'cli'), { recursive: true });
  bundle(join(root, 'lib', 'cli', 'bin.ts'), program);
  bundle(join(root, 'lib', 'index.ts'), join(folder, 'express-api-keys.js'));
  writeFileSync(join(folder, 'dist', 'esm', 'index.js'), "export * from '../../express-api-keys.js';\n");

  /** @param rest - what stands behind the command in a shell, as `| head -1` */
  function start(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    rest = '',
  ): RunningProgram {
    const command = [process.execPath, program, ...args];
    const shell = ['bash', '-c', `"$@" ${rest}; exit "\${PIPESTATUS[0]}"`, 'bash', ...command];
    const [name = '', ...more] = rest === '' ? command : shell;
    const child = spawn(name, more, {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...environment },
      stdio: 'pipe',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const done = once(child, 'close').then(
      ([code, signal]) => ({ code, signal, stdout, stderr }) as ProgramOutcome,
    );
    const waitFor = (text: string): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (stderr.includes(text)) resolve();
        };
        child.stderr.on('data', look);
        void done.then(() => resolve());
        look();
      });
    return { child, done, waitFor };
  }

  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  return {
    runInShell: (args, environment, rest) => start(args, environment, rest).done,
    path: (name) => join(folder, name),
    write,
    writeInstance: (options = '') => {
      write(
        'api-keys.js',
        `import { createApiKeys } from './express-api-keys.js';
         export const apiKeys = createApiKeys({ prefix: 'acme', scopes: ${JSON.stringify(scopes)},
           pepper: ${JSON.stringify(testPepper)}, database: process.env.DATABASE, ${options} });`,
      );
    },
    start,
    run(args, environment, input = '') {
      const { child, done } = start(args, environment);
      child.stdin.on('error', () => undefined).end(input);
      return done;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function bundle(source: string, target: string): void {
  execFileSync(createRequire(join(root, 'package.json')).resolve('esbuild/bin/esbuild'), [
    source,
    ...['--bundle', '--format=esm', '--platform=node', '--target=node20', '--log-level=error'],
    ...['pg', 'libsql', 'bcryptjs', 'ioredis', 'express', 'csv-parse'].map((name) => `--external:${name}`),
    // One that stands in the sources is kept.
    ...(source.endsWith('bin.ts') ? [] : [`--banner:js=${banner}`]),
    `--outfile=${target}`,
  ]);
}
