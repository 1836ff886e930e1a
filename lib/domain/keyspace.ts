import type { FeatureCatalogue } from './feature-catalogue.js';
import type { KeyFormat } from './key-format.js';
import type { KeyspacePolicy } from './keyspace-policy.js';
import type { OwnerCeilings } from './owner-ceilings.js';
import type { ScopeCatalogue } from './scope-catalogue.js';

/** A named set of keys under one policy. The native API works in `default`. */
export interface Keyspace {
  readonly name: string;
  readonly catalogue: ScopeCatalogue;
  readonly features: FeatureCatalogue;
  readonly policy: KeyspacePolicy;
  readonly ownerCeilings: OwnerCeilings;
  /** Environments that keys can be created for. */
  readonly environments: readonly string[];
  /** The environment whose keys this instance accepts. */
  readonly environment: string;
  /** The format of the keys that this instance accepts. */
  readonly format: KeyFormat;
  /** The format of the keys of one environment. */
  formatFor(environment: string): KeyFormat;
  /**
   * The name that clients of this keyspace use for the authentication scheme of requests signed with a secret, in lower
   * case. Guards accept it in addition to their own name for that scheme.
   *
   * @default none
   */
  readonly hmacScheme?: string;
}
