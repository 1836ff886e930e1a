/**
 * Waits for an answer of Redis no longer than it may take. The client's own options are not ours to rely on: by default
 * it waits for minutes. The command itself is not cancelled and may still be carried out.
 *
 * An answer that came while this process stood still counts: after the deadline what has arrived is read first.
 *
 * @param milliseconds - how long to wait
 * @throws what `work` rejects with, or an error with the code `timeout`
 */
export function answerInTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // Timers run before the sockets are read, immediates after.
      setImmediate(() => {
        const error = new Error(`Redis did not answer within ${milliseconds} ms`);
        reject(Object.assign(error, { code: 'timeout' }));
      });
    }, milliseconds);
    work.then(
      (answer) => {
        clearTimeout(timer);
        resolve(answer);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error as Error);
      },
    );
  });
}
