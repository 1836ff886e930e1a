import type { Command, OptionDefinition } from '../command.js';

/** Writes the script for zsh: to be sourced behind `compinit`, or to be a file `_api-keys` in a folder of `fpath`. */
export function writeZshScript(commands: readonly Command[]): string {
  return [
    '#compdef api-keys',
    '_api_keys() {',
    '  if (( CURRENT == 2 )); then',
    '    local -a names',
    '    names=(',
    ...commands.map(({ name, summary }) => `      ${quote(`${name}:${summary}`)}`),
    '    )',
    "    _describe 'command' names",
    '    return',
    '  fi',
    '  local name=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $name in',
    ...commands.flatMap(({ name, operand, options }) => [
      `    ${name})`,
      '      _arguments \\',
      ...Object.entries(options).map((entry) => `        ${quote(writeOption(entry))} \\`),
      ...(operand === undefined
        ? []
        : [`        ${quote(`1:${operand.name}:${writeChoices(operand.choices)}`)} \\`]),
      "        '--help[Shows what the command takes.]' ;;",
    ]),
    '  esac',
    '}',
    'if [[ $funcstack[1] == _api-keys ]]; then _api_keys "$@"; else compdef _api_keys api-keys; fi',
  ].join('\n');
}

function writeOption([name, { takes, help, choices, isRepeatable = false }]: [
  string,
  OptionDefinition,
]): string {
  const flag = `${isRepeatable ? '*' : ''}--${name}[${escape(help)}]`;
  if (takes === undefined) return flag;
  return `${flag}:${escape(takes)}:${takes === 'FILE' ? '_files' : writeChoices(choices)}`;
}

function writeChoices(choices: readonly string[] | undefined): string {
  return choices === undefined ? ' ' : `(${choices.join(' ')})`;
}

/** These end parts of what `_arguments` takes. */
function escape(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
