import type { Charset } from '../domain/charset.js';

/** The source of ids and secrets: unbiased characters from a CSPRNG. */
export interface RandomSource {
  base62(length: number): string;
  draw(charset: Charset): string;
}
