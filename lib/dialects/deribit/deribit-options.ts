import {
  orDefault,
  takeAsGiven,
  takeFlag,
  takeOneOf,
  takeWholeNumber,
} from '../../options/option-readers.js';
import { readOptions, type ReadersOf } from '../../options/read-options.js';
import { minTokenLifetimeSeconds } from '../../domain/access-token.js';
import type { VerifyAccessToken } from '../verify-access-token.js';
import { takeVerifyAccessToken } from '../verify-access-token.js';
import type { ScopeMap } from '../scope-map.js';
import { readSecondFactor, type SecondFactor, type SecondFactorOption } from './second-factor-option.js';

/** Options of `deribitRouter`. */
export interface DeribitOptions {
  /** Says whose session token or JWT a caller has sent: so owners make their first key. */
  readonly verifyAccessToken: VerifyAccessToken;
  /**
   * What scopes of Deribit are worth on the app's own routes: `{ 'trade:read': ['orders:read'] }`.
   *
   * @default {} nothing
   */
  readonly scopeMap?: ScopeMap | undefined;
  /**
   * Whether answers say that they come from a test system.
   *
   * @default false
   */
  readonly testnet?: boolean | undefined;
  /**
   * How `max_scope` is written in answers: one text with spaces, as in all of Deribit's examples, or a list, as in its
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
   * Most keys of an owner, 1 to 100.
   *
   * @default 8
   */
  readonly maxKeys?: number | undefined;
  /**
   * How long access tokens live that do not ask for less, 60 to 31,536,000 seconds; never longer than their key.
   *
   * @default undefined as the option `tokens` of `createApiKeys` says
   */
  readonly tokenLifetimeSeconds?: number | undefined;
  /**
   * Asks for a second factor where Deribit's documents do.
   *
   * @default undefined no method asks for one
   */
  readonly secondFactor?: SecondFactorOption | undefined;
}

/** Options that were checked. */
export interface ResolvedDeribitOptions {
  readonly verifyAccessToken: VerifyAccessToken;
  /** Still to be compiled: what the app's scopes are is for the host to say. */
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
  testnet: orDefault(takeFlag, false),
  maxScope: orDefault(takeOneOf('string', 'array'), 'string'),
  strictName: orDefault(takeFlag, false),
  maxKeys: orDefault(takeWholeNumber(1, 100), documentedMaxKeys),
  tokenLifetimeSeconds: orDefault<number | null>(
    takeWholeNumber(minTokenLifetimeSeconds, maxLifetimeSeconds),
    null,
  ),
  secondFactor: readSecondFactor,
} satisfies ReadersOf<DeribitOptions>;

/** @throws InvalidOptionError with what to write instead */
export function resolveDeribitOptions(value: unknown): ResolvedDeribitOptions {
  return readOptions('deribitRouter', value, readers);
}
