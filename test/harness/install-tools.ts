import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../run/cache-folder.cjs';

const runFile = promisify(execFile);

/** Runs a program as a user would; what it printed is the message when it fails. */
export async function runProgram(program: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await runFile(program, args, { cwd, env: { ...process.env, NODE_OPTIONS: '' } })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${program} ${args.join(' ')}:\n${stdout}\n${stderr}`, { cause: error });
  }
}

/**
 * Installs the packages of a `package.json` into a folder of their own, which is kept between runs: what is too large for
 * everybody's `npm install`, or needs other versions than this package does.
 *
 * @param name - what the folder is named after
 * @param manifest - the path of the `package.json`, with exact versions
 * @returns the folder; installed when it is not there, or when other versions are wanted
 */
export async function installTools(name: string, manifest: string): Promise<string> {
  const version = hash('sha256', readFileSync(manifest, 'utf8')).slice(0, 12);
  const folder = cacheFolder(`${name}-${version}`);
  const mark = join(folder, 'installed');
  if (!existsSync(mark)) {
    copyFileSync(manifest, join(folder, 'package.json'));
    const options = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
    await runProgram('npm', ['install', ...options], folder);
    writeFileSync(mark, '');
  }
  return folder;
}
