/** How many header lines Node keeps by default. */
const defaultMaxHeaderLines = 1000;

/**
 * Whether a request has as many header lines as Node keeps. Lines beyond that are silently dropped, and one of them could
 * be the address that a proxy has appended.
 */
export function hasTooManyHeaders({
  rawHeaders,
  socket,
}: {
  readonly rawHeaders?: readonly string[] | undefined;
  readonly socket?: unknown;
}): boolean {
  if (rawHeaders === undefined) return false;
  const { server } = (socket ?? {}) as { server?: { maxHeadersCount?: number | null } };
  // 0 lifts Node's limit: nothing is dropped then, but a flood is refused all the same.
  return rawHeaders.length >= 2 * (server?.maxHeadersCount || defaultMaxHeaderLines);
}
