/**
 * Memoizes what a function without arguments resolves to. Calls meanwhile wait for the same one; after a failure, the next call
 * tries again.
 */
export function memoizeSuccess<T>(create: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | null = null;
  return () => {
    pending ??= create().catch((error: unknown) => {
      pending = null;
      throw error;
    });
    return pending;
  };
}
