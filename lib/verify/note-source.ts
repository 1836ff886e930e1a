import type { DecisionTrace } from '../ports/verification-observer.js';
import type { PreparedKey } from './prepared-key.js';

/**
 * Notes where a key was read, for those who observe the decision. That there is no key is known from the database alone.
 *
 * @param trace - `undefined`: nobody observes it
 */
export function noteSource(trace: DecisionTrace | undefined, read: PreparedKey | null): void {
  if (trace !== undefined) trace.source = read?.readFrom ?? 'database';
}
