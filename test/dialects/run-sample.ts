import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodeBlock } from './seed-code-blocks.js';
import { findServerProgram } from '../servers/install-servers.cjs';

const MODULES = join(__dirname, '..', '..', 'node_modules');
/** What Go compiles of its own library, some seconds of work, is kept for the next run. */
const GO_CACHE = join(MODULES, '.cache', 'go-build');
const DEADLINE_MS = 120_000;

/** What a program that ended well has printed. */
export interface SampleOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a code sample as it stands, except for hosts and credentials.
 *
 * @param sample - `bash` (run by bash, with the real curl), `javascript` or `go`
 * @param replacements - what stands in the sample -> what is put there; each must stand there
 * @returns rejects when the program fails, or prints what has not been put in its place
 */
export async function runSample(
  sample: CodeBlock,
  replacements: Readonly<Record<string, string>>,
): Promise<SampleOutput> {
  const text = replaced(sample.text, replacements);
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-sample-'));
  try {
    const [program, args, env] = commandFor(sample.language, text, folder);
    return await run(program, args, folder, env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function replaced(text: string, replacements: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [wanted, value] of Object.entries(replacements)) {
    if (!result.includes(wanted)) throw new Error(`the sample has no ${wanted}`);
    result = result.replaceAll(wanted, () => value);
  }
  return result;
}

type Command = readonly [program: string, args: readonly string[], env: Readonly<Record<string, string>>];

function commandFor(language: string, text: string, folder: string): Command {
  const inFile = (name: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  switch (language) {
    case 'bash':
      findServerProgram('curl');
      return ['bash', ['-c', text], {}];
    case 'javascript':
      return [process.execPath, [inFile('sample.cjs')], { NODE_PATH: MODULES }];
    case 'go':
      return [findServerProgram('go'), ['run', inFile('sample.go')], goEnvironment(folder)];
    default:
      throw new Error(`nobody knows how to run ${language}`);
  }
}

/** Nothing is downloaded, and no C compiler is needed. */
function goEnvironment(folder: string): Readonly<Record<string, string>> {
  const paths = { GOCACHE: GO_CACHE, GOPATH: join(folder, 'go') };
  return { ...paths, GO111MODULE: 'off', GOPROXY: 'off', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<SampleOutput> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, NO_PROXY: '*', ...env },
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    } as const;
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else reject(new Error(`${program} failed: ${error.message}\n${stdout}\n${stderr}`));
    });
  });
}
