/** What an operator is told about an error. */
export interface Trouble {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  /** Where it was thrown, without the message. */
  readonly at?: readonly string[];
  readonly cause?: Trouble;
}

const longestMessage = 500;
const mostFrames = 10;
const mostCauses = 3;

/**
 * Describes an error for a log. An error's message can repeat the token that its thrower could not read, so long runs
 * of token characters are left out; properties of the error (a request, its headers) are not looked at.
 */
export function describeTrouble(error: unknown, depth = 0): Trouble {
  if (!isError(error)) return { name: typeof error, message: 'Something that is no Error was thrown' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: withoutTokens(error.message),
    at: frames.slice(0, mostFrames).map((line) => line.trim()),
    ...(error.cause === undefined || depth >= mostCauses
      ? {}
      : { cause: describeTrouble(error.cause, depth + 1) }),
  };
}

/** Not `instanceof`: an error of another realm, as Node's own are in some test runners, is an error all the same. */
function isError(error: unknown): error is Error {
  return Object.prototype.toString.call(error) === '[object Error]' || error instanceof Error;
}

function withoutTokens(message: string): string {
  return message
    .slice(0, 4 * longestMessage)
    .replace(/[\w+=-]{20,}/g, (run) => (/\d/.test(run) ? '[removed]' : run))
    .slice(0, longestMessage);
}
