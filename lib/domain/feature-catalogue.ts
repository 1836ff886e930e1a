/** The feature flags that an app can give to keys, with a description for each. */
export interface FeatureCatalogue {
  readonly names: readonly string[];
  /** The sentence of each, as it was declared. */
  readonly descriptions: Readonly<Record<string, string>>;
  /** Whether a key may be given the feature and a route may require it. */
  has(feature: string): boolean;
  /** Whether `features` grants no more than `held`: `held` has all that grant something, and every restriction is kept. */
  isWithin(features: readonly string[], held: readonly string[]): boolean;
}

/** Grammar of feature names. */
export const featurePattern: RegExp = /^[a-z0-9][a-z0-9_.:-]{0,63}$/;

/**
 * @param features - feature -> description; `{}` for an app that has none
 * @param restrictions - the features that take something away; all others grant something
 * @throws TypeError when one does not follow the grammar
 */
export function createFeatureCatalogue(
  features: Readonly<Record<string, string>>,
  restrictions: readonly string[] = [],
): FeatureCatalogue {
  const names = Object.keys(features);
  for (const name of names) {
    if (featurePattern.test(name)) continue;
    throw new TypeError(
      `features: ${JSON.stringify(name)} is not a feature; write it in lower case with digits, '_', '.', ':' and '-', ` +
        "for example 'block_trades'",
    );
  }
  const known = new Set(names);
  const restricts = new Set(restrictions);
  return {
    names,
    descriptions: { ...features },
    has: (feature) => known.has(feature),
    isWithin: (some, held) =>
      some.every((feature) => restricts.has(feature) || held.includes(feature)) &&
      held.every((feature) => !restricts.has(feature) || some.includes(feature)),
  };
}
