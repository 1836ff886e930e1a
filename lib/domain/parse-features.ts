import type { FeatureCatalogue } from './feature-catalogue.js';
import { InvalidFieldError } from './key-fields.js';

/**
 * Parses the features of a key; `[]` for none.
 *
 * @throws InvalidFieldError if it is not a list of distinct features of the catalogue
 */
export function parseFeatures(value: unknown, catalogue: FeatureCatalogue): readonly string[] {
  if (!Array.isArray(value)) throw new InvalidFieldError('must be a list of features');
  // Checked first, so that a long list is not iterated: every entry must be a different name of the catalogue.
  if (value.length > catalogue.names.length) throw new InvalidFieldError(describeKnownFeatures(catalogue));
  const features = Array.from(value, (feature: unknown) => {
    if (typeof feature === 'string' && catalogue.has(feature)) return feature;
    throw new InvalidFieldError(describeKnownFeatures(catalogue));
  });
  if (new Set(features).size < features.length) {
    throw new InvalidFieldError('must not name a feature twice');
  }
  return features;
}

function describeKnownFeatures({ names }: FeatureCatalogue): string {
  if (names.length === 0) return 'must be empty: no features are configured here';
  return `must contain only known features, each once: ${names.join(', ')}`;
}
