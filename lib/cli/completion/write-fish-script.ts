import type { Command, OptionDefinition } from '../command.js';

/** Writes the script for fish 3. */
export function writeFishScript(commands: readonly Command[]): string {
  return [
    'complete -c api-keys -f',
    ...commands.map(
      ({ name, summary }) => `complete -c api-keys -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ),
    ...commands.flatMap(({ name, operand, options }) => {
      const begin = `complete -c api-keys -n '__fish_seen_subcommand_from ${name}'`;
      const words = operand?.choices === undefined ? [] : [`${begin} -a ${quote(operand.choices.join(' '))}`];
      return [...words, ...Object.entries(options).map((entry) => `${begin} ${writeOption(entry)}`)];
    }),
  ].join('\n');
}

function writeOption([name, { takes, help, choices }]: [string, OptionDefinition]): string {
  const described = `-l ${name} -d ${quote(help)}`;
  if (takes === undefined) return described;
  if (takes === 'FILE') return `${described} -r -F`;
  return `${described} -x${choices === undefined ? '' : ` -a ${quote(choices.join(' '))}`}`;
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`)}'`;
}
