/**
 * Compares two versions by their numbers; what stands behind a `-` or a `+` does not count.
 *
 * @returns negative when the first one is older, positive when it is newer
 */
export function compareVersions(one: string, other: string): number {
  const [first, second] = [one, other].map((version) =>
    (version.replace(/^v/, '').split(/[-+]/)[0] ?? '').split('.').map(Number),
  );
  for (let place = 0; place < 3; place += 1) {
    const difference = (first?.[place] ?? 0) - (second?.[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
