import { hash } from 'node:crypto';

/** The name under which a use is remembered: 43 characters, the same for the same parts in the same order only. */
export function deriveUseName(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url');
}
