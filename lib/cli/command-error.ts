/** Why a command ends: the message is for the person in front of the terminal, and never has anything of a secret. */
export class CommandError extends Error {
  /** 1: it failed. 2: it was called with arguments that make no sense. 3: not every process sees what was changed. 130: it was interrupted. */
  readonly exitCode: 1 | 2 | 3 | 130;

  constructor(message: string, exitCode: 1 | 2 | 3 | 130 = 1, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}
