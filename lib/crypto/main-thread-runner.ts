import { compare, hash } from 'bcryptjs';
import type { BcryptResult, BcryptRunner } from './bcrypt-task.js';

/** Runs bcrypt in slices on the main thread, between requests: the fallback when no worker can be started. */
export function createMainThreadRunner(): BcryptRunner {
  let current: Promise<BcryptResult> | undefined;

  return {
    run(question) {
      current =
        'hash' in question ? compare(question.input, question.hash) : hash(question.input, question.cost);
      return current;
    },
    hasStarted: () => true,
    exited: new Promise(() => undefined),
    // A running task cannot be interrupted, and a second one must not start beside it.
    stop: async () => {
      await current?.catch(() => undefined);
    },
  };
}
