import type { Declaration, Presence } from './endpoint.js';
import { bodyFields, type BodyField } from './fields/body-fields.js';
import type { FieldRules } from '../domain/field-rules.js';

/** The fields that a body of an endpoint may hold, in the order in which they are declared. */
export function listFieldPresence(
  endpoint: Declaration,
  rules: FieldRules,
): readonly [BodyField, Presence][] {
  return Object.entries(endpoint.body ?? {}).map(([name, presence]) => {
    if (!Object.hasOwn(bodyFields, name)) throw new TypeError(`${name} is no field of a body`);
    return [name as BodyField, typeof presence === 'function' ? presence(rules) : presence];
  });
}
