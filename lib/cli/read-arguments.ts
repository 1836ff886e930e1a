import { parseArgs } from 'node:util';
import { findNearest } from '../domain/known-names.js';
import type { Command, CommandArguments, OptionDefinition } from './command.js';
import { CommandError } from './command-error.js';

/**
 * Reads the arguments behind the name of a command. What is not known is refused and never repeated: it may be a secret that was
 * pasted into the wrong place.
 *
 * @throws CommandError with exit code 2
 */
export function readArguments(
  args: readonly string[],
  definitions: Readonly<Record<string, OptionDefinition>>,
  operand?: Command['operand'],
): CommandArguments {
  const options = Object.fromEntries(
    Object.entries(definitions).map(([name, { takes }]) => [
      name,
      { type: takes === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const values = new Map<string, string[]>();
  let given: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      given = takeOperand(token.value, given, operand);
      continue;
    }
    const definition = Object.hasOwn(definitions, token.name) ? definitions[token.name] : undefined;
    if (definition === undefined) throw createUnknownError(token.name, Object.keys(definitions));
    values.set(token.name, addValue(values.get(token.name), definition, token));
  }
  return {
    getText: (name) => values.get(name)?.[0],
    listTexts: (name) => values.get(name) ?? [],
    hasFlag: (name) => values.has(name),
    getOperand: () => given,
  };
}

function takeOperand(text: string, before: string | undefined, operand: Command['operand']): string {
  if (operand === undefined)
    throw new CommandError('All arguments are options that begin with --, and one does not.', 2);
  if (before !== undefined) throw new CommandError(`There is one ${operand.name} only.`, 2);
  if (operand.choices !== undefined && !operand.choices.includes(text))
    throw new CommandError(`${operand.name} is one of ${operand.choices.join(', ')}.`, 2);
  return text;
}

function addValue(
  before: readonly string[] | undefined,
  { takes, isRepeatable = false }: OptionDefinition,
  {
    name,
    value,
    inlineValue,
  }: { name: string; value?: string | undefined; inlineValue?: boolean | undefined },
): string[] {
  if (before !== undefined && !isRepeatable) throw new CommandError(`--${name} is given twice.`, 2);
  if (takes === undefined) {
    if (value !== undefined) throw new CommandError(`--${name} takes no value.`, 2);
    return [''];
  }
  // `--from --dry-run`: the value was forgotten.
  if (value === undefined || value === '' || (inlineValue !== true && value.startsWith('--'))) {
    throw new CommandError(`--${name} needs a value: --${name} ${takes}`, 2);
  }
  return [...(before ?? []), value];
}

function createUnknownError(name: string, known: readonly string[]): CommandError {
  const nearest = findNearest(name, known);
  const advice =
    nearest === null
      ? `known are ${known.map((each) => `--${each}`).join(', ')}`
      : `did you mean --${nearest}?`;
  return new CommandError(`There is an unknown option; ${advice}`, 2);
}

/**
 * Returns a value that a command cannot do without.
 *
 * @throws CommandError with exit code 2
 */
export function requireText(given: CommandArguments, name: string, example: string): string {
  const value = given.getText(name);
  if (value === undefined)
    throw new CommandError(`--${name} is required, for example --${name} ${example}`, 2);
  return value;
}

/**
 * Returns what stands there without an option.
 *
 * @throws CommandError with exit code 2
 */
export function requireOperand(
  given: CommandArguments,
  { name, choices }: NonNullable<Command['operand']>,
): string {
  const value = given.getOperand();
  if (value === undefined)
    throw new CommandError(
      `${name} is required${choices === undefined ? '' : `: ${choices.join(', ')}`}.`,
      2,
    );
  return value;
}
