import type { Terminal } from './terminal.js';

/** One option of a command. */
export interface OptionDefinition {
  /** What stands behind it, for the help: `FILE`. Absent for a flag. */
  readonly takes?: string;
  /** What can stand behind it, where only these can; for completion. */
  readonly choices?: readonly string[];
  /** Whether it can be given several times. */
  readonly isRepeatable?: boolean;
  readonly help: string;
}

/** The arguments of a command, read by its definitions. */
export interface CommandArguments {
  /** Returns the value of an option, or `undefined`. */
  getText(name: string): string | undefined;
  /** Returns every value of an option, in their order. */
  listTexts(name: string): readonly string[];
  hasFlag(name: string): boolean;
  /** Returns what stands there without an option, or `undefined`. */
  getOperand(): string | undefined;
}

/** Where a command runs. */
export interface CommandHost {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Imports a module of the app. */
  importModule(address: string): Promise<object>;
  /** Loads the package that the program belongs to, as an app would. */
  loadPackage(): Promise<object>;
}

/** One command of the program. */
export interface Command {
  readonly name: string;
  /** What may stand behind its name without an option: a name for the help, and where only these fit, the words. */
  readonly operand?: { readonly name: string; readonly choices?: readonly string[] };
  /** One line. */
  readonly summary: string;
  /** What is said about it besides its options, with an example. */
  readonly description: string;
  readonly options: Readonly<Record<string, OptionDefinition>>;
  /**
   * @returns the exit code
   * @throws CommandError
   */
  run(given: CommandArguments, host: CommandHost): Promise<number>;
}
