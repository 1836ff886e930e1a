#!/usr/bin/env node
import { Console } from 'node:console';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CommandHost } from './command.js';
import { describeError } from './describe-error.js';
import { keepFromListening } from './keep-from-listening.js';
import { runCommand } from './run-command.js';
import { interruptedExitCode, ProcessTerminal } from './terminal.js';

/** How long timers and connections of the app may keep the process alive when the command is done. */
const lingerMs = 1_000;

const terminal = new ProcessTerminal();
const host: CommandHost = {
  terminal,
  environment: process.env,
  importModule: (address) => import(address) as Promise<object>,
  // By its address, so that a command that needs no package loads none.
  loadPackage: () =>
    import(pathToFileURL(join(findProgramFolder(), '..', 'index.js')).href) as Promise<object>,
};

function findProgramFolder(): string {
  return dirname(realpathSync(process.argv[1] ?? ''));
}

function readVersion(): string {
  const manifest = join(findProgramFolder(), '..', '..', '..', 'package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  return version;
}

// What the app logs is no result.
process.stdout.write = process.stderr.write.bind(process.stderr);
globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });

let isListeningNoted = false;
keepFromListening(() => {
  if (!isListeningNoted)
    terminal.say('A module of the app wants to listen on a port; nothing listens while a command runs.');
  isListeningNoted = true;
});

let isDone = false;
// A module that ends the process must not look like a command that has done its work.
process.on('exit', () => {
  if (isDone || process.exitCode === interruptedExitCode) return;
  process.exitCode = process.exitCode === undefined || process.exitCode === 0 ? 1 : process.exitCode;
  terminal.say('api-keys: a module of the app has ended the process before the command was done.');
});
process.on('uncaughtException', (error) => {
  terminal.say(`api-keys: ${describeError(error)}`);
  isDone = true;
  process.exit(1);
});

void runCommand(process.argv.slice(2), host, readVersion()).then(async (commandCode) => {
  const isPrinted = await terminal.finishPrinting();
  const exitCode = commandCode === 0 && !isPrinted ? 1 : commandCode;
  isDone = true;
  process.exitCode = exitCode;
  setTimeout(() => process.exit(exitCode), lingerMs).unref();
});
