/** The flags that an app can give to keys, with a sentence for each. */
export interface FeatureCatalogue {
  readonly names: readonly string[];
  /** Whether a key may be given it, and a route ask for it. */
  has(feature: string): boolean;
  /** Whether a key with some features is not above one that holds others: what gives must be held, what restricts be kept. */
  isWithin(features: readonly string[], held: readonly string[]): boolean;
}

/** What a feature looks like. */
export const featurePattern: RegExp = /^[a-z0-9][a-z0-9_.:-]{0,63}$/;

/**
 * @param features - feature -> description; `{}` for an app that has none
 * @param restrictions - those of them that take something away; all others give
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
    has: (feature) => known.has(feature),
    isWithin: (some, held) =>
      some.every((feature) => restricts.has(feature) || held.includes(feature)) &&
      held.every((feature) => !restricts.has(feature) || some.includes(feature)),
  };
}
