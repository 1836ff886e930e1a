import { base62Alphabet } from '../../lib/domain/charset.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';

jest.setTimeout(90_000);

const random = createRandomSource();

/** Chi-square of observed counts against equal ones. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/**
 * With 61 degrees of freedom a fair source stays below this with a probability of 1 - 1e-9 (Wilson and Hilferty's
 * approximation). Bytes taken modulo 62 would reach about 660 in each position.
 */
const limit = 153;

describe('random text', () => {
  it.each([0, 1, 12, 16, 43, 1000])('has %i characters of the alphabet', (length) => {
    for (let i = 0; i < 20; i += 1)
      expect(random.base62(length)).toMatch(new RegExp(`^[0-9A-Za-z]{${length}}$`));
  });

  it('is unbiased in every position of a secret', () => {
    const length = 43;
    const counts = Array.from({ length }, () => new Map<string, number>());
    for (let i = 0; i < 100_000; i += 1) {
      const text = random.base62(length);
      for (let at = 0; at < length; at += 1) {
        const character = text.charAt(at);
        const seen = counts[at]!;
        seen.set(character, (seen.get(character) ?? 0) + 1);
      }
    }
    const values = counts.map((seen) =>
      chiSquare([...base62Alphabet].map((character) => seen.get(character) ?? 0)),
    );
    expect(Math.max(...values)).toBeLessThan(limit);
  });

  it('does not favour a character after another', () => {
    const text = random.base62(1_000_000);
    const pairs = Array.from({ length: 62 * 62 }, () => 0);
    for (let i = 0; i + 1 < text.length; i += 2) {
      const pair = base62Alphabet.indexOf(text.charAt(i)) * 62 + base62Alphabet.indexOf(text.charAt(i + 1));
      pairs[pair] = (pairs[pair] ?? 0) + 1;
    }
    // 3,843 degrees of freedom: six standard deviations of sqrt(2 * 3,843) above the mean, and a little.
    expect(chiSquare(pairs)).toBeLessThan(4400);
  });

  it('never repeats an id among a million', () => {
    const ids = new Set<string>();
    for (let i = 0; i < 1000; i += 1) {
      const text = random.base62(16_000);
      for (let at = 0; at < text.length; at += 16) ids.add(text.slice(at, at + 16));
    }
    expect(ids.size).toBe(1_000_000);
  });
});
