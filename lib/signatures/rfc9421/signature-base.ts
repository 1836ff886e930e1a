import { readComponentValue } from './read-component-value.js';
import type { CoveredComponent } from './covered-component.js';
import type { SignedMessage } from '../signed-message.js';

/**
 * Creates the signed content (RFC 9421 section 2.5): a line for each component, then the parameters.
 *
 * @param parameters - the serialized member of `Signature-Input`: the list of components and its parameters
 * @returns `null` when the message lacks a component
 */
export function createSignatureBase(
  message: SignedMessage,
  components: readonly CoveredComponent[],
  parameters: string,
): string | null {
  const lines: string[] = [];
  for (const component of components) {
    const value = readComponentValue(message, component);
    if (value === null) return null;
    lines.push(`${component.identifier}: ${value}`);
  }
  return [...lines, `"@signature-params": ${parameters}`].join('\n');
}
