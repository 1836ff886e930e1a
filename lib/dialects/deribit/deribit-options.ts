import {
  lifetimeReaders,
  takeAsGiven,
  takeFlag,
  takeOneOf,
  takeWholeNumber,
  withDefault,
} from '../../options/option-readers.js';
import { readOptions, type ReadersOf } from '../../options/read-options.js';
import { minTokenLifetimeSeconds } from '../../domain/access-token.js';
import type { LifetimeOptions } from '../lifetime-options.js';
import type { LifetimePolicy } from '../../domain/lifetime-bounds.js';
import type { VerifyAccessToken } from '../verify-access-token.js';
import { takeVerifyAccessToken } from '../verify-access-token.js';
import type { ScopeMap } from '../scope-map.js';
import { readSecondFactor, type SecondFactor, type SecondFactorOption } from './second-factor-option.js';

/** Options of `deribitRouter`. */
export interface DeribitOptions extends LifetimeOptions {
  /** Returns the owner of a session token or JWT: with it, owners create their first key. */
  readonly verifyAccessToken: VerifyAccessToken;
  /**
   * The app's scopes that Deribit's scopes grant on the app's own routes: `{ 'trade:read': ['orders:read'] }`.
   *
   * @default {} nothing
   */
  readonly scopeMap?: ScopeMap | undefined;
  /**
   * Whether responses declare a test system.
   *
   * @default false
   */
  readonly testnet?: boolean | undefined;
  /**
   * The format of `max_scope` in responses: one string with spaces, as in all of Deribit's examples, or a list, as in its
   * schema.
   *
   * @default 'string'
   */
  readonly maxScope?: 'string' | 'array' | undefined;
  /**
   * Whether names with spaces are refused. Otherwise spaces become underscores: Deribit's own example has spaces.
   *
   * @default false
   */
  readonly strictName?: boolean | undefined;
  /**
   * Maximum number of keys of an owner, 1 to 100.
   *
   * @default 8
   */
  readonly maxKeys?: number | undefined;
  /**
   * Lifetime of access tokens that do not request a shorter one, 60 to 31,536,000 seconds; never beyond the expiry of the key.
   *
   * @default undefined as the option `tokens` of `createApiKeys` says
   */
  readonly tokenLifetimeSeconds?: number | undefined;
  /**
   * Requires a second factor where Deribit's documents do.
   *
   * @default undefined no method requires one
   */
  readonly secondFactor?: SecondFactorOption | undefined;
}

/** Validated options. */
export interface ResolvedDeribitOptions extends LifetimePolicy {
  readonly verifyAccessToken: VerifyAccessToken;
  /** Not yet compiled, because only the host knows the app's scopes. */
  readonly scopeMap: unknown;
  readonly testnet: boolean;
  readonly maxScope: 'string' | 'array';
  readonly strictName: boolean;
  readonly maxKeys: number;
  readonly tokenLifetimeSeconds: number | null;
  readonly secondFactor: SecondFactor | null;
}

/** Documented: "up to 8 different IDs". */
const documentedMaxKeys = 8;
/** Documented examples have a year. */
const maxLifetimeSeconds = 31_536_000;

const readers = {
  verifyAccessToken: takeVerifyAccessToken,
  scopeMap: takeAsGiven<unknown>(),
  testnet: withDefault(takeFlag, false),
  maxScope: withDefault(takeOneOf('string', 'array'), 'string'),
  strictName: withDefault(takeFlag, false),
  maxKeys: withDefault(takeWholeNumber(1, 100), documentedMaxKeys),
  tokenLifetimeSeconds: withDefault<number | null>(
    takeWholeNumber(minTokenLifetimeSeconds, maxLifetimeSeconds),
    null,
  ),
  secondFactor: readSecondFactor,
  ...lifetimeReaders,
} satisfies ReadersOf<DeribitOptions>;

/** @throws InvalidOptionError with what to write instead */
export function resolveDeribitOptions(value: unknown): ResolvedDeribitOptions {
  return readOptions('deribitRouter', value, readers);
}
