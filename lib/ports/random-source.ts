import type { Charset } from '../domain/charset.js';

/** Where ids and secrets come from: unbiased characters from a CSPRNG. */
export interface RandomSource {
  base62(length: number): string;
  draw(charset: Charset): string;
}
