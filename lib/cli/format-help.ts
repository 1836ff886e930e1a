import type { Command } from './command.js';

/** The help of the program. */
export function formatHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Usage: api-keys COMMAND [OPTIONS]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'api-keys COMMAND --help has the options of a command, api-keys --version the version.',
    'Exit codes: 0 done, 1 failed or something was found, 2 wrong arguments, 3 done but not everywhere yet, 130 interrupted.',
  ].join('\n');
}

/** The help of one command. */
export function formatCommandHelp({ name, operand, summary, description, options }: Command): string {
  const entries = Object.entries(options).map(
    ([option, { takes, help, isRepeatable = false }]) =>
      `  --${option}${takes === undefined ? '' : ` ${takes}`}\n      ${help}${isRepeatable ? ' Can be repeated.' : ''}`,
  );
  return [
    `Usage: api-keys ${name}${operand === undefined ? '' : ` ${operand.name}`} [OPTIONS]`,
    '',
    summary,
    description,
    '',
    ...entries,
  ].join('\n');
}
