import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { CommandHost } from './command.js';
import { CommandError } from './command-error.js';
import { LoadError } from './load-error.js';
import { describeError } from './describe-error.js';
import { getErrorCode } from '../domain/error-code.js';

/** How long a module of the app may take to load. */
const deadlineMs = 30_000;

/** Which value of which module a command needs. */
export interface WantedExport<T> {
  /** The file, relative to the working directory. */
  readonly file: string;
  /** The name of the export, if it is given. */
  readonly name: string | undefined;
  /** The names that are tried otherwise, before `default`. */
  readonly usualNames: readonly string[];
  /** The option that gives the name, for messages. */
  readonly nameOption: string;
  /** What is wanted, for messages: `what createApiKeys() has returned`. */
  readonly what: string;
  is(value: unknown): value is T;
}

/**
 * Imports a module of the app and takes one export of it.
 *
 * @throws CommandError
 */
export async function loadExport<T>(
  wanted: WantedExport<T>,
  host: Pick<CommandHost, 'importModule'>,
): Promise<T> {
  const { file, name, usualNames, nameOption, what } = wanted;
  const exports = await importModule(file, host);
  if (name !== undefined) {
    const value = listNamed(exports, [name]).find((each) => wanted.is(each));
    if (wanted.is(value)) return value;
    throw new CommandError(`${file} exports nothing called ${name} that is ${what}.`, 2);
  }
  const found = listNamed(exports, [...usualNames, 'default']).find((value) => wanted.is(value));
  if (wanted.is(found)) return found;
  const others = [...new Set(Object.values(exports).filter((value) => wanted.is(value)))];
  const [only] = others;
  if (others.length === 1 && wanted.is(only)) return only;
  if (others.length > 1) {
    const names = Object.entries(exports).flatMap(([each, value]) => (wanted.is(value) ? [each] : []));
    throw new CommandError(
      `${file} exports several values that are ${what}: ${names.join(', ')}. Name one with --${nameOption} NAME.`,
      2,
    );
  }
  throw new CommandError(
    `${file} exports nothing that is ${what}. Export it as ${usualNames[0]}, or name it with --${nameOption} NAME. ` +
      `If a function makes it, write a module that calls the function and exports the result.`,
    2,
  );
}

/** In the order in which they are tried. What a module in CommonJS exports is in `default`: an object, or an app with members. */
function listNamed(exports: object, names: readonly string[]): readonly unknown[] {
  const inner: unknown = Reflect.get(exports, 'default');
  const nested = (typeof inner === 'object' && inner !== null) || typeof inner === 'function' ? inner : {};
  return [exports, nested].flatMap((from) =>
    names.map((name) => (Object.hasOwn(from, name) ? (Reflect.get(from, name) as unknown) : undefined)),
  );
}

async function importModule(
  file: string,
  { importModule: load }: Pick<CommandHost, 'importModule'>,
): Promise<object> {
  const path = resolve(file);
  if (!(await isFile(path))) throw new CommandError(`There is no file ${file}.`, 2);
  const controller = new AbortController();
  try {
    return await Promise.race([
      load(pathToFileURL(path).href),
      sleep(deadlineMs, undefined, { signal: controller.signal }).then(() => {
        throw new CommandError(
          `${file} was not loaded within ${deadlineMs / 1_000} seconds: it waits for something at its top level. ` +
            'Give the command a module that only creates the instance or the app.',
        );
      }),
    ]);
  } catch (error) {
    throw error instanceof CommandError ? error : toLoadError(file, error);
  } finally {
    controller.abort();
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function toLoadError(file: string, error: unknown): CommandError {
  const isTypeScript = /\.[cm]?tsx?$/.test(file);
  const cannotRead = [
    'ERR_UNKNOWN_FILE_EXTENSION',
    'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
    'ERR_MODULE_NOT_FOUND',
  ];
  const advice =
    isTypeScript && cannotRead.includes(getErrorCode(error) ?? '')
      ? ' For TypeScript, install tsx and set NODE_OPTIONS="--import tsx", or name the compiled file.'
      : '';
  return new LoadError(`${file} cannot be loaded: ${describeError(error)}.${advice}`, error);
}
