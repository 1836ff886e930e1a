import { InvalidOptionError } from '../errors.js';
import { allowAbsent, take, takeOneOf } from '../options/option-readers.js';
import type { OptionReader } from '../options/read-options.js';

/** Whether guards refuse, or only record what they would refuse. */
export interface EnforcementOptions {
  /**
   * With `observe`, a guard decides as always, and records who would have been refused and why, but lets every request through;
   * `req.apiKey` is absent for those that would have been refused. See `apiKeys.audit`'s `listObserved`.
   *
   * @default 'enforce', or what `guards` of createApiKeys says
   */
  readonly mode?: 'enforce' | 'observe' | undefined;
  /** From this time on, a guard in observe mode refuses like any other. Default: never. */
  readonly enforceFrom?: Date | undefined;
  /**
   * The share of keys, in per cent, for which a guard in observe mode refuses like any other: 0 to 100. It is always the same keys,
   * and those of a smaller share are among those of a greater one. Of requests without a key, the address decides.
   *
   * @default 0
   */
  readonly enforcePercent?: number | undefined;
}

/** How these options are read. */
export const enforcementReaders: {
  readonly [K in keyof EnforcementOptions]-?: OptionReader<EnforcementOptions[K]>;
} = {
  mode: allowAbsent(takeOneOf('enforce', 'observe')),
  enforceFrom: allowAbsent(
    take(
      "a valid Date, for example new Date('2027-01-31T00:00:00Z')",
      (value): value is Date => value instanceof Date && !Number.isNaN(value.getTime()),
    ),
  ),
  enforcePercent: allowAbsent(
    take(
      'a number from 0 to 100',
      (value): value is number => typeof value === 'number' && value >= 0 && value <= 100,
    ),
  ),
};

/** When a guard in observe mode refuses after all. */
export interface Enforcement {
  /** Epoch milliseconds; `null`: never. */
  readonly enforceFrom: number | null;
  readonly enforcePercent: number;
}

/** Whether everything is enforced at a time, in epoch milliseconds. */
export function isFullyEnforced({ enforceFrom, enforcePercent }: Enforcement, now: number): boolean {
  return enforcePercent === 100 || (enforceFrom !== null && now >= enforceFrom);
}

/**
 * Resolves the options of one guard.
 *
 * @param what - where they were written, for messages
 * @param defaults - of the instance; each option of the guard replaces the one of the instance
 * @returns `null` for a guard that enforces
 * @throws InvalidOptionError for a time or a share without `mode: 'observe'`
 */
export function resolveEnforcement(
  what: string,
  { mode, enforceFrom, enforcePercent }: EnforcementOptions,
  defaults: EnforcementOptions = {},
): Enforcement | null {
  if ((mode ?? defaults.mode ?? 'enforce') === 'enforce') {
    if (enforceFrom === undefined && enforcePercent === undefined) return null;
    const name = enforceFrom === undefined ? 'enforcePercent' : 'enforceFrom';
    throw new InvalidOptionError(`${what}: ${name} needs mode: 'observe'; other guards always enforce`);
  }
  return {
    // A copy of its value: the app may change the Date.
    enforceFrom: (enforceFrom ?? defaults.enforceFrom)?.getTime() ?? null,
    enforcePercent: enforcePercent ?? defaults.enforcePercent ?? 0,
  };
}
