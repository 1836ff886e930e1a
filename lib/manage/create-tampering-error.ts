/**
 * Creates the error for a trail that is not trimmed, because what does not verify must not be removed.
 *
 * @param what - names what does not verify
 * @param kind - the kind of the problem, as `verify` reports it
 */
export function createTamperingError(what: string, kind: string): Error {
  return new Error(`${what} does not verify (${kind}): run audit.verify`);
}
