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
  /** Environments that keys can be made for. */
  readonly environments: readonly string[];
  /** The environment whose keys this instance lets in. */
  readonly environment: string;
  /** The format of the keys that this instance lets in. */
  readonly format: KeyFormat;
  /** The format of the keys of one environment. */
  formatFor(environment: string): KeyFormat;
  /**
   * What clients of this keyspace call the scheme of requests that are signed with a secret, in lower case. Guards accept
   * it beside their own name for it.
   *
   * @default none
   */
  readonly hmacScheme?: string;
}
