/** Why a command ends: the message is for the person in front of the terminal, and never has anything of a secret. */
export class CommandError extends Error {
  /** 1: it failed. 2: it was called with arguments that make no sense. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}
