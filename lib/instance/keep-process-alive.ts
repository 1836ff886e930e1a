/** Longest delay that Node's timers take, in milliseconds. */
const maxDelayMs = 2 ** 31 - 1;

/**
 * Keeps the process alive until a work is done. Connections and timers of ours let a process end, so that a script which
 * waits for nothing but them would end in the middle of its `await`, with exit code 13.
 */
export async function keepProcessAlive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, maxDelayMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
