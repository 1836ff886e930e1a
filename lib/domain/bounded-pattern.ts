const maxSourceLength = 200;
/** In how many ways a pattern may be tried on a string: each takes as many steps as the string has characters. */
const maxWays = 1_000;

/**
 * Finds what makes a pattern unfit for strings of strangers; `null`: nothing does. A pattern that passes takes a bounded number of
 * steps for every string, whatever it contains: each repetition has an upper bound, no group is repeated, and the number of ways
 * to try it is limited.
 *
 * @returns what to write instead, behind the name of the option
 */
export function findPatternProblem({ source, flags }: RegExp): string | null {
  if (!/^i?u?$/.test(flags)) return 'takes no flags but i and u';
  if (source.length > maxSourceLength) return `takes at most ${maxSourceLength} characters`;
  if (!source.startsWith('^') || !/(?<!\\)(?:\\\\)*\$$/.test(source)) {
    return 'must begin with ^ and end with $, so that it matches whole keys';
  }
  if (/\\[1-9k]/.test(source.replaceAll('\\\\', ''))) return 'must not refer back to a group';
  // Every class and every escaped character is one character.
  const plain = source.slice(1, -1).replace(/\\[^]|\[(?:\\[^]|[^\]\\])*\]/g, 'x');
  return findUnboundedPart(plain) ?? (countWays(plain) > maxWays ? tooManyWays : null);
}

const tooManyWays =
  'can be tried in too many ways: use exact counts such as {32}, and few | and ? and ranges such as {20,40}';

function findUnboundedPart(plain: string): string | null {
  if (/[*+]|\{\d+,\}/.test(plain)) return 'must bound every repetition: {1,64} instead of *, + or {1,}';
  if (/\)\{/.test(plain)) return 'must not repeat a group: write it out, or use a class';
  if (/\(\?(?!:)/.test(plain)) return 'must not look around or name groups: use (?:…)';
  if (plain.replace(/\{\d+(?:,\d+)?\}/g, '').includes('{')) return 'must bound repetitions with numbers';
  return hasOuterAlternative(plain) ? 'must have its alternatives in a group: ^(?:a|b)$' : null;
}

/** `^a|b$` matches whatever begins with `a`. */
function hasOuterAlternative(plain: string): boolean {
  let depth = 0;
  for (const character of plain) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === '|' && depth === 0) return true;
  }
  return false;
}

function countWays(plain: string): number {
  const choices = plain.match(/[|?]/g)?.length ?? 0;
  let ways = 2 ** choices;
  for (const [, least, most] of plain.matchAll(/\{(\d+),(\d+)\}/g)) ways *= Number(most) - Number(least) + 1;
  return ways;
}
