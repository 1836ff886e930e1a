/** Suggests what an unknown name was probably meant to be, as in `did you mean 'pepper'?`, or lists all known names. */
export function suggestNames(unknown: string, known: readonly string[]): string {
  const nearest = findNearest(unknown, known);
  return nearest === null ? `known are ${known.join(', ')}` : `did you mean '${nearest}'?`;
}

/** Returns the candidate that a string was probably meant to be: few edits away for its length; `null` if there is none. */
export function findNearest(text: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  const maxEdits = text.length < 4 ? 1 : Math.max(2, Math.floor(text.length / 3));
  let bestDistance = maxEdits + 1;
  for (const candidate of candidates) {
    // They differ by at least this many edits; a long string is not compared with anything.
    if (Math.abs(text.length - candidate.length) >= bestDistance) continue;
    const distance = computeEditDistance(text.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance: insertions, deletions and substitutions between two strings. */
function computeEditDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
