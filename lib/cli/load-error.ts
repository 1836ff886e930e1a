import { CommandError } from './command-error.js';

/** A module of the app cannot be loaded. */
export class LoadError extends CommandError {
  /** What the module threw. Not the `cause`: the message describes it already. */
  readonly thrown: unknown;

  constructor(message: string, thrown: unknown) {
    super(message, 2);
    this.name = 'LoadError';
    this.thrown = thrown;
  }
}
