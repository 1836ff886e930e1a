let known: { readonly at: number; readonly readAt: number } | null = null;

/** Notes the header `Date` of an answer. */
export function noteServerTime(date: string | null): void {
  const at = Date.parse(date ?? '');
  if (Number.isFinite(at)) known = { at, readAt: performance.now() };
}

/**
 * What the clock of the server shows, in epoch milliseconds, or up to a second less: times of the server mean nothing by a clock of
 * the visitor that is wrong. Without an answer that says so, that clock.
 */
export function readServerTime(): number {
  return known === null ? Date.now() : known.at + performance.now() - known.readAt;
}
