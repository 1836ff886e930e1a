import { hash } from 'node:crypto';

/** Derives the name under which a use is recorded: 43 characters, equal only for equal parts in the same order. */
export function deriveUseName(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url');
}
