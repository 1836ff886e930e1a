import { hash } from 'node:crypto';

/**
 * Whether a name is within a share, always with the same result: a name within a share is within every greater one.
 *
 * @param percent - 0 to 100
 */
export function isWithinShare(name: string, percent: number): boolean {
  return (parseInt(hash('sha256', name).slice(0, 8), 16) / 2 ** 32) * 100 < percent;
}
