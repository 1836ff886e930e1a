import type { ValidationChain } from 'express-validator';
import type { Actor } from '../domain/actor.js';
import { bodyField } from './body-field.js';
import type { Declaration, Presence } from './endpoint.js';
import { bodyFields, type BodyField } from './fields/body-fields.js';
import type { FieldRules } from '../domain/field-rules.js';
import { queryParameter } from './query-parameter.js';

/** The fields that a body of an endpoint may hold, in the order in which they are declared. */
export function presenceOfFields(endpoint: Declaration, rules: FieldRules): readonly [BodyField, Presence][] {
  return Object.entries(endpoint.body ?? {}).map(([name, presence]) => {
    if (!Object.hasOwn(bodyFields, name)) throw new TypeError(`${name} is no field of a body`);
    return [name as BodyField, typeof presence === 'function' ? presence(rules) : presence];
  });
}

/** A chain for every field and query parameter that an endpoint knows. Whatever has none is refused. */
export function chainsOf(endpoint: Declaration, rules: FieldRules, actor: Actor): readonly ValidationChain[] {
  return [
    ...presenceOfFields(endpoint, rules).map(([name, presence]) => bodyField(name, presence, rules, actor)),
    ...(endpoint.query ?? []).map((name) => queryParameter(name, rules)),
  ];
}
