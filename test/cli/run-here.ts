import { Readable } from 'node:stream';
import type { Terminal } from '../../lib/cli/terminal.js';
import { runCommand } from '../../lib/cli/run-command.js';

/** What a command has written, and how it has ended. */
export interface CommandOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Both. */
  readonly all: string;
}

/** What a command finds. */
export interface CommandSurroundings {
  readonly input?: string | Buffer;
  readonly environment?: Readonly<Record<string, string>>;
  /** What the module of the app exports. */
  readonly exports?: object | (() => object);
  /** What is else about its terminal. */
  readonly terminal?: Partial<Terminal>;
}

/** Runs a command in this process; `--app` names any file that exists. */
export async function runHere(
  args: readonly string[],
  { input = '', environment = {}, exports = {}, terminal = {} }: CommandSurroundings = {},
): Promise<CommandOutcome> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommand(
    args,
    {
      environment,
      importModule: async () => (typeof exports === 'function' ? (exports as () => object)() : exports),
      loadPackage: () => import('../../lib/index.js'),
      terminal: {
        print: (text) => void out.push(text),
        printOnce: (text) => void out.push(text),
        say: (text) => void err.push(text),
        showStatus: () => undefined,
        isWatched: false,
        input: Readable.from(input === '' ? [] : [Buffer.from(input)]),
        onInterrupt: () => () => undefined,
        ...terminal,
      },
    },
    '1.2.3',
  );
  return { code, out: out.join('\n'), err: err.join('\n'), all: [...out, ...err].join('\n') };
}

/** A file that exists, for `--app`. */
export const anyModule: string = __filename;
