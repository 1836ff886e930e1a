/**
 * Waits for a reply of Redis at most as long as given. The client's own options cannot be relied on: by default it
 * waits for minutes. The command itself is not cancelled and may still be carried out.
 *
 * A reply that arrived while this process was stalled counts: after the deadline, what has arrived is read first.
 *
 * @param milliseconds - how long to wait
 * @param resolve - called with the reply
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
    // Timers run before sockets are read, immediates after.
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
 * {@link settleInTime} as a promise.
 *
 * @param milliseconds - how long to wait
 * @throws what `work` rejects with, or an error with the code `timeout`
 */
export function answerInTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => settleInTime(work, milliseconds, resolve, reject));
}
