/** Longest delay that Node's timers take, in milliseconds. */
const maxDelayMs = 2 ** 31 - 1;

/**
 * Keeps the process alive until a promise settles. Our connections and timers do not keep it alive, so a script that awaits
 * nothing else would exit in the middle of its `await`, with exit code 13.
 */
export async function keepProcessAlive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, maxDelayMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
