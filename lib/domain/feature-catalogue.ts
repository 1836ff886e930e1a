/** The flags that an app can give to keys, with a sentence for each. */
export interface FeatureCatalogue {
  readonly names: readonly string[];
  /** Whether a key may be given it, and a route ask for it. */
  has(feature: string): boolean;
}

/** What a feature looks like. */
export const featurePattern: RegExp = /^[a-z0-9][a-z0-9_.:-]{0,63}$/;

/**
 * @param features - feature -> description; `{}` for an app that has none
 * @throws TypeError when one does not follow the grammar
 */
export function createFeatureCatalogue(features: Readonly<Record<string, string>>): FeatureCatalogue {
  const names = Object.keys(features);
  for (const name of names) {
    if (featurePattern.test(name)) continue;
    throw new TypeError(
      `features: ${JSON.stringify(name)} is not a feature; write it in lower case with digits, '_', '.', ':' and '-', ` +
        "for example 'block_trades'",
    );
  }
  const known = new Set(names);
  return { names, has: (feature) => known.has(feature) };
}
