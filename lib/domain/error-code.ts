/**
 * The `code` of an error, if it has one. Only the property is checked: under jest, errors of Node and of native
 * drivers are no instances of the `Error` that this code sees.
 */
export function getErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && error.code !== '' ? error.code : undefined;
}
