/** Returns the code of a Node.js error, for example `EACCES`, or the error as a string if it has none. */
export function getErrorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}
