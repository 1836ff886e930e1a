import { CommandError } from './command-error.js';
import { interruptedExitCode } from './terminal.js';

/**
 * Waits for something that comes before the first row, as long as nobody interrupts: a module of the app that waits at its top level, a
 * database, a source that sends nothing. What is waited for then goes on until the process ends.
 *
 * @throws CommandError with exit code 130 when the signal is aborted first
 */
export async function endWhenInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const controller = new AbortController();
  const interrupted = new Promise<never>((_resolve, reject) => {
    const end = (): void =>
      reject(
        new CommandError(
          'Interrupted before the first row. Run the same command again.',
          interruptedExitCode,
        ),
      );
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { signal: controller.signal });
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    controller.abort();
  }
}
