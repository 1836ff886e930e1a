import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a script has exited. */
export interface ScriptOutcome {
  /** `null` when it was still running at the deadline, and was killed. */
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** A folder in which scripts of a user run: `import { createApiKeys } from './express-api-keys.mjs'`. */
export interface ScriptFolder {
  /** Absolute path of a file in it. */
  path(name: string): string;
  /** Runs a script, an ES module, until its event loop is empty. */
  run(source: string, args?: readonly string[], onLine?: (line: string) => void): Promise<ScriptOutcome>;
  remove(): void;
}

/** Only a script that does not end at all gets there. */
const deadlineMs = 25_000;

const root = join(__dirname, '..', '..');
/** Packages in CommonJS expect these. */
const banner =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/** Bundles the sources into one file: it loads in a sixth of the time. */
export function makeScriptFolder(): ScriptFolder {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-scripts-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  execFileSync(createRequire(join(root, 'package.json')).resolve('esbuild/bin/esbuild'), [
    join(root, 'lib', 'index.ts'),
    ...['--bundle', '--format=esm', '--platform=node', '--target=node20', '--log-level=error'],
    ...['pg', 'libsql', 'bcryptjs', 'ioredis'].map((name) => `--external:${name}`),
    `--banner:js=${banner}`,
    `--outfile=${join(folder, 'express-api-keys.mjs')}`,
  ]);
  let scripts = 0;
  return {
    path: (name) => join(folder, name),
    run(source, args = [], onLine = () => undefined) {
      scripts += 1;
      const file = join(folder, `script-${scripts}.mjs`);
      writeFileSync(file, source);
      return runScript(file, args, onLine);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function runScript(
  file: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<ScriptOutcome> {
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    onLine(text.trim());
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const deadline = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(deadline);
      resolve({ code, lines: output.trim().split('\n'), errors });
    });
  });
}
