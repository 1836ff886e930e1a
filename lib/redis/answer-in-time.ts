/**
 * Waits for an answer of Redis no longer than it may take. The client's own options are not ours to rely on: by default
 * it waits for minutes. The command itself is not cancelled and may still be carried out.
 *
 * An answer that came while this process stood still counts: after the deadline what has arrived is read first.
 *
 * @param milliseconds - how long to wait
 * @param resolve - called with the answer
 * @param reject - called with what `work` rejects with, or with an error that has the code `timeout`
 */
export function settleInTime<T>(
  work: Promise<T>,
  milliseconds: number,
  resolve: (answer: T) => void,
  reject: (error: unknown) => void,
): void {
  let isSettled = false;
  function settle(): boolean {
    if (isSettled) return false;
    isSettled = true;
    clearTimeout(timer);
    return true;
  }
  const timer = setTimeout(() => {
    // Timers run before the sockets are read, immediates after.
    setImmediate(() => {
      if (!settle()) return;
      reject(Object.assign(new Error(`Redis did not answer within ${milliseconds} ms`), { code: 'timeout' }));
    });
  }, milliseconds);
  work.then(
    (answer) => {
      if (settle()) resolve(answer);
    },
    (error: unknown) => {
      if (settle()) reject(error);
    },
  );
}

/**
 * The same as a promise.
 *
 * @param milliseconds - how long to wait
 * @throws what `work` rejects with, or an error with the code `timeout`
 */
export function answerInTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => settleInTime(work, milliseconds, resolve, reject));
}
