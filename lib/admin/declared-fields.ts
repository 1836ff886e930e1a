import type { Declaration, Presence } from './endpoint.js';
import { bodyFields, type BodyField } from './fields/body-fields.js';
import type { FieldRules } from '../domain/field-rules.js';

/** Returns the fields that a request body of an endpoint may contain, in the order in which they are declared. */
export function listFieldPresence(
  endpoint: Declaration,
  rules: FieldRules,
): readonly [BodyField, Presence][] {
  return Object.entries(endpoint.body ?? {}).map(([name, presence]) => {
    if (!Object.hasOwn(bodyFields, name)) throw new TypeError(`${name} is not a body field`);
    return [name as BodyField, typeof presence === 'function' ? presence(rules) : presence];
  });
}
