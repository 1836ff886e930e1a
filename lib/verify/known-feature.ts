import { suggestNames } from '../domain/known-names.js';
import type { FeatureCatalogue } from '../domain/feature-catalogue.js';
import { InvalidOptionError } from '../errors.js';

/**
 * @param what - where the feature was named, for the message
 * @throws InvalidOptionError for a feature that is not configured, because no key could ever have it
 */
export function assertKnownFeature(
  what: string,
  feature: unknown,
  features: FeatureCatalogue,
): asserts feature is string | undefined {
  if (feature === undefined || (typeof feature === 'string' && features.has(feature))) return;
  const advice =
    features.names.length === 0
      ? 'name it in the option features of createApiKeys'
      : suggestNames(typeof feature === 'string' ? feature : '', features.names);
  throw new InvalidOptionError(`${what}: unknown feature ${JSON.stringify(feature)}; ${advice}`);
}
