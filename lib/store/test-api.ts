/** The part of jest, vitest or another compatible runner that a contract uses. */
export interface TestApi {
  describe(name: string, body: () => void): void;
  it(name: string, test: () => Promise<void>): void;
  expect(actual: unknown): Expectation;
}

/** What can be expected of a value. */
export interface Expectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  readonly rejects: { toThrow(): Promise<unknown> };
}

/**
 * The runner's global functions.
 *
 * @throws TypeError when there are none
 */
export function getGlobalTestApi(): TestApi {
  const found = globalThis as Partial<Record<keyof TestApi, unknown>>;
  const isThere = [found.describe, found.it, found.expect].every((part) => typeof part === 'function');
  if (!isThere)
    throw new TypeError('There is no global describe, it and expect: pass them as { describe, it, expect }');
  return found as unknown as TestApi;
}
