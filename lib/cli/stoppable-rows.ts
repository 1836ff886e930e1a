import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long rows are read before signals, heartbeats and timers have their turn: a source may have every row at once. */
const turnMs = 50;

/** Reads rows until the signal is aborted, also while the next one is waited for. */
export async function* readUntilStopped<T>(rows: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = rows[Symbol.asyncIterator]();
  let turnedAt = performance.now();
  while (!signal.aborted) {
    if (performance.now() - turnedAt > turnMs) {
      await nextTurn();
      turnedAt = performance.now();
    }
    const next = await takeNext(iterator, signal);
    if (next === null || next.done === true) return;
    yield next.value;
  }
}

/** @returns `null` when the signal was aborted first */
function takeNext<T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T> | null> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(null);
    signal.addEventListener('abort', onAbort, { once: true });
    iterator.next().then(
      (next) => {
        signal.removeEventListener('abort', onAbort);
        resolve(next);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error as Error);
      },
    );
  });
}
