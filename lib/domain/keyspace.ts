import type { anyScope } from './any-scope.js';
import type { FeatureCatalogue } from './feature-catalogue.js';
import type { KeyFormat } from './key-format.js';
import type { KeyspacePolicy } from './keyspace-policy.js';
import type { Plans } from './plans.js';
import type { ResourceCatalogue } from './resource-catalogue.js';
import type { ScopeCatalogue } from './scope-catalogue.js';

/** A named set of keys under one policy. The native API works in `default`. */
export interface Keyspace {
  readonly name: string;
  readonly catalogue: ScopeCatalogue;
  readonly features: FeatureCatalogue;
  /** The kinds of resources that keys can be bound to; the same in all keyspaces of an instance. */
  readonly resources: ResourceCatalogue;
  readonly policy: KeyspacePolicy;
  /** What owners get: the same in every keyspace. */
  readonly plans: Plans;
  /** Whether its scopes are those of the app, so that plans bound them; other scopes are bounded in what they amount to. */
  readonly hasAppScopes: boolean;
  /** Whether it is the keyspace of the native API: plans bound its features and the number of its keys. */
  readonly isNative: boolean;
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
  /**
   * The scope of its own with which its keys manage keys at its own router; `anyScope`: every key does.
   *
   * @default none - its keys manage keys only at admin routers
   */
  readonly managementScope?: string | typeof anyScope | null;
}
