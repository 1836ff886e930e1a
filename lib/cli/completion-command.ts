import type { Command } from './command.js';
import { requireOperand } from './read-arguments.js';
import { writeBashScript } from './completion/write-bash-script.js';
import { writeFishScript } from './completion/write-fish-script.js';
import { writeZshScript } from './completion/write-zsh-script.js';

const writers: Readonly<Record<string, (commands: readonly Command[]) => string>> = {
  bash: writeBashScript,
  zsh: writeZshScript,
  fish: writeFishScript,
};
const operand = { name: 'SHELL', choices: Object.keys(writers) };

/** `api-keys completion` @param listCommands - a function, because this command is one of them */
export function createCompletionCommand(listCommands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    operand,
    summary: 'Prints a script that completes commands and options in bash, zsh or fish.',
    description:
      "  bash: echo 'source <(api-keys completion bash)' >> ~/.bashrc\n" +
      "  zsh:  echo 'source <(api-keys completion zsh)' >> ~/.zshrc, behind compinit\n" +
      '  fish: api-keys completion fish > ~/.config/fish/completions/api-keys.fish',
    options: {},
    run(given, { terminal }) {
      terminal.print(writers[requireOperand(given, operand)]?.(listCommands()) ?? '');
      return Promise.resolve(0);
    },
  };
}
