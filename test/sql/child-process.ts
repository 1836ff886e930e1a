import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * One bundle of the stores and sample keys, so that plain node can run them in a process of its own. To be called in a
 * describe block: the bundle is removed after it.
 */
export function bundleStores(): string {
  const folder = mkdtempSync(join(tmpdir(), 'key-stores-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const bundle = join(folder, 'stores.cjs');
  const source = [
    `export { sqliteStore } from './lib/sql/sqlite/sqlite-store.ts';`,
    `export { postgresStore } from './lib/sql/postgres/postgres-store.ts';`,
    `export { insert, createSampleKey } from './lib/store/sample-keys.ts';`,
  ];
  const esbuild = createRequire(join(process.cwd(), 'package.json')).resolve('esbuild/bin/esbuild');
  const args = ['--bundle', '--platform=node', '--format=cjs', '--log-level=error', `--outfile=${bundle}`];
  execFileSync(esbuild, args, { input: source.join('\n'), cwd: process.cwd() });
  return bundle;
}

/** A node process that runs a script; `stores` in it is the bundle. */
export interface ChildProcess {
  /** Settles when the script has printed a line. */
  nextLine(): Promise<string>;
  /** Tells the script to go on: its `process.stdin` emits data. */
  goOn(): void;
  /** Rejects with the process's output when it did not end well. */
  ended: Promise<void>;
}

/** @param ending - `exit`: the process is ended when the script is through; `idle`: it must come to its end by itself */
export function runInChild(bundle: string, script: string, ending: 'exit' | 'idle' = 'exit'): ChildProcess {
  const atEnd = ending === 'exit' ? '() => process.exit()' : 'undefined';
  const text = `const stores = require(${JSON.stringify(bundle)}); (async () => { ${script} })().then(${atEnd}, (error) => { console.error(error); process.exit(1); });`;
  const child = spawn(process.execPath, ['-e', text], { stdio: 'pipe', cwd: process.cwd() });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return {
    nextLine: () =>
      new Promise((resolve) =>
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
      ),
    goOn: () => child.stdin.write('\n'),
    ended: new Promise((resolve, reject) => {
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}: ${errors}`))));
    }),
  };
}
