import { suggestNames } from '../domain/known-names.js';
import type { CommandHost } from './command.js';
import { CommandError } from './command-error.js';
import { commands } from './commands.js';
import { describeError } from './describe-error.js';
import { getErrorCode } from '../domain/error-code.js';
import { formatCommandHelp, formatHelp } from './format-help.js';
import { readArguments } from './read-arguments.js';

/** Codes of what is wrong with arguments, in the words of the API. */
const refusedArguments: readonly string[] = ['ERR_API_KEYS_INVALID_OPTION', 'ERR_API_KEYS_INVALID_REQUEST'];

/**
 * Runs the program with its arguments. Never rejects.
 *
 * @param version - of the package
 * @returns the exit code
 */
export async function runCommand(
  args: readonly string[],
  host: CommandHost,
  version: string,
): Promise<number> {
  try {
    return await runNamed(args, host, version);
  } catch (error) {
    host.terminal.say(`api-keys: ${describeError(error)}`);
    if (refusedArguments.includes(getErrorCode(error) ?? '')) return 2;
    return error instanceof CommandError ? error.exitCode : 1;
  }
}

async function runNamed(
  [name, ...rest]: readonly string[],
  host: CommandHost,
  version: string,
): Promise<number> {
  const { terminal } = host;
  if (name === '--version') {
    terminal.print(version);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.print(formatHelp(commands));
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((each) => each.name === name);
  if (command === undefined) {
    const names = commands.map((each) => each.name);
    throw new CommandError(`There is no such command; ${suggestNames(name, names)}`, 2);
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.print(formatCommandHelp(command));
    return 0;
  }
  return command.run(readArguments(rest, command.options, command.operand), host);
}
