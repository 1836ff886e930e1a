import type { Command, OptionDefinition } from '../command.js';

/** Writes the script for bash 3.2 and newer. Names and words in it are our own, without white space and quotes. */
export function writeBashScript(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  return [
    '_api_keys() {',
    '  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=',
    '  COMPREPLY=()',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words='${[...names, '--help', '--version'].join(' ')}'`,
    '  else',
    '    case ${COMP_WORDS[1]}:$previous in',
    ...commands.flatMap(({ name, options }) => Object.entries(options).flatMap(writeValue(name))),
    '      *)',
    '        case ${COMP_WORDS[1]} in',
    ...commands.map(
      ({ name, operand, options }) =>
        `          ${name}) words='${[...(operand?.choices ?? []), ...listOptions(options)].join(' ')}' ;;`,
    ),
    '        esac ;;',
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -F _api_keys api-keys',
  ].join('\n');
}

function listOptions(options: Command['options']): readonly string[] {
  return [...Object.keys(options), 'help'].map((name) => `--${name}`);
}

/** What stands behind an option; nothing for a flag. */
function writeValue(command: string): (entry: [string, OptionDefinition]) => readonly string[] {
  return ([option, { takes, choices }]) => {
    if (takes === undefined) return [];
    const pattern = `      ${command}:--${option})`;
    if (choices !== undefined) return [`${pattern} words='${choices.join(' ')}' ;;`];
    if (takes !== 'FILE') return [`${pattern} return ;;`];
    return [
      `${pattern}`,
      '        compopt -o filenames 2>/dev/null',
      '        COMPREPLY=($(compgen -f -- "$current"))',
      '        return ;;',
    ];
  };
}
