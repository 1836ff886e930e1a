/**
 * The error code with which Redis refused a command, such as `OOM` or `READONLY`; `null` when the error is no reply
 * of Redis. Before Redis 7 the refusal of a command within a script stands behind the place in the script: `ERR Error
 * running script (call to f_…): @user_script:5: @user_script: 5: -READONLY You can't write …`. Before Redis 7.2 a
 * permission that is missing within a script has no word of its own, and is `NOPERM` here too.
 */
export function readRedisRefusal(error: unknown): string | null {
  // No instanceof: the app's client may come from another realm, as in tests under jest.
  if (typeof error !== 'object' || error === null || !('message' in error)) return null;
  const message = String(error.message);
  if (forbiddenInScript.test(message)) return 'NOPERM';
  const inScript = /^ERR Error running script .*?: -?([A-Z]{2,20}) /s.exec(message)?.[1];
  return inScript ?? /^[A-Z]{2,20}(?= |$)/.exec(message)?.[0] ?? null;
}

/** Followed by `can't run this command or subcommand`, or by the sentences about keys and channels. */
const forbiddenInScript = /^(?:ERR |[^\n]*@user_script: ?\d+: )?-?The user executing the script /;
