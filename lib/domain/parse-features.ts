import type { FeatureCatalogue } from './feature-catalogue.js';
import { InvalidFieldError } from './key-fields.js';

/**
 * Features a key is to have; `[]` for none.
 *
 * @throws InvalidFieldError when it is no list of different features of the catalogue
 */
export function parseFeatures(value: unknown, catalogue: FeatureCatalogue): readonly string[] {
  if (!Array.isArray(value)) throw new InvalidFieldError('must be a list of features');
  // Looked at one by one only when it cannot be long: every entry must be another name of the catalogue.
  if (value.length > catalogue.names.length) throw new InvalidFieldError(knownFeatures(catalogue));
  const features = Array.from(value, (feature: unknown) => {
    if (typeof feature === 'string' && catalogue.has(feature)) return feature;
    throw new InvalidFieldError(knownFeatures(catalogue));
  });
  if (new Set(features).size < features.length) {
    throw new InvalidFieldError('must not name a feature twice');
  }
  return features;
}

function knownFeatures({ names }: FeatureCatalogue): string {
  if (names.length === 0) return 'must be empty: no features are configured here';
  return `must hold only known features, each once: ${names.join(', ')}`;
}
