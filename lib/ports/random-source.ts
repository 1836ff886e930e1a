/** Where ids and secrets come from. */
export interface RandomSource {
  /** Unbiased base62 characters from a CSPRNG. */
  base62(length: number): string;
}
