/**
 * The word with which Redis refused a command, as `OOM` or `READONLY`; `null` when the error is no answer of Redis.
 * Before Redis 7 the refusal of a command within a script stands behind the place in the script:
 * `ERR Error running script (call to f_…): @user_script:5: @user_script: 5: -READONLY You can't write …`.
 */
export function redisRefusal(error: unknown): string | null {
  // No instanceof: a client that was handed in may come from another realm, as in tests under jest.
  if (typeof error !== 'object' || error === null || !('message' in error)) return null;
  const message = String(error.message);
  const inScript = /^ERR Error running script .*?: -?([A-Z]{2,20}) /s.exec(message)?.[1];
  return inScript ?? /^[A-Z]{2,20}(?= |$)/.exec(message)?.[0] ?? null;
}
