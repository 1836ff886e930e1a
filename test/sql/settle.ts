/** How a promise settled and after how many milliseconds. */
export interface Settled {
  readonly error: (Error & { code?: string }) | undefined;
  readonly milliseconds: number;
}

/** Waits for a promise, whichever way it goes. */
export async function settle(work: Promise<unknown>): Promise<Settled> {
  const start = performance.now();
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as Error,
  );
  return { error, milliseconds: performance.now() - start };
}
