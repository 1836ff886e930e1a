import { InvalidOptionError } from '../errors.js';

/** The maximum cost of a request. */
export const maxCost = 1_000_000;

/**
 * @param what - where the cost was given, for the message
 * @returns the cost, 1 when none was given
 * @throws InvalidOptionError
 */
export function readRequestCost(what: string, cost: unknown): number {
  if (cost === undefined) return 1;
  if (typeof cost === 'number' && Number.isSafeInteger(cost) && cost >= 0 && cost <= maxCost) return cost;
  throw new InvalidOptionError(`${what}: cost is a whole number from 0 to ${maxCost}`);
}
