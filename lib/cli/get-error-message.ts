/** Returns the message of an error, and `''` for anything else. Not by its class: drivers and test runners bring their own. */
export function getErrorMessage(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return '';
  return typeof error.message === 'string' ? error.message : '';
}
