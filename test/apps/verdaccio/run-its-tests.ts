import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from '../../package/installed-package.js';
import type { VerdaccioCopy } from './copy-of-verdaccio.js';

interface TestReport {
  readonly passes: ReadonlyArray<{ readonly fullTitle: string }>;
  readonly failures: ReadonlyArray<{ readonly fullTitle: string; readonly err: unknown }>;
}

/** Verdaccios that read from each other send the key as well: a line of their configuration. */
function giveUplinksTheKey({ folder, ports }: VerdaccioCopy, key: string): void {
  for (const name of ['config-1.yaml', 'config-2.yaml']) {
    const file = join(folder, 'test', 'functional', name);
    let text = readFileSync(file, 'utf8');
    for (const port of [ports.port1, ports.port2]) {
      const line = `    url: http://localhost:${port}/\n`;
      text = text.replace(line, `${line}    headers:\n      X-API-Key: ${key}\n`);
    }
    writeFileSync(file, text);
  }
}

/**
 * Runs the tests that Verdaccio was published with, each of which starts its servers by `bin/verdaccio`.
 * @param key what their requests send as `X-API-Key`; absent, nothing
 * @returns the titles of those that passed
 * @throws Error with the report when one fails
 */
export async function runItsTests(
  copy: VerdaccioCopy,
  node: string,
  key: string | undefined,
): Promise<string[]> {
  if (key !== undefined) giveUplinksTheKey(copy, key);
  const environment = [`PATH=${copy.programs}${delimiter}${process.env.PATH}`, `TEST_API_KEY=${key ?? ''}`];
  const preload = ['--require', join(__dirname, 'send-key.cjs')];
  const hooks = key === undefined ? [] : [join(__dirname, 'connect.cjs')];
  const options = ['--reporter', 'json', '--timeout', '60000'];
  const tests = [...options, ...hooks, 'test/functional', 'test/unit'];
  const { stdout, stderr } = await run(
    'env',
    [...environment, node, '--no-deprecation', ...preload, copy.mocha, ...tests],
    copy.folder,
  );
  const start = stdout.indexOf('{\n  "stats"');
  if (start === -1) throw new Error(`There is no report:\n${stdout}\n${stderr}`);
  const { passes, failures } = JSON.parse(stdout.slice(start)) as TestReport;
  if (failures.length > 0) throw new Error(JSON.stringify(failures, null, 2));
  return passes.map(({ fullTitle }) => fullTitle);
}
