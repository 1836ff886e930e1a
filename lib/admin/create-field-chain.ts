import { body, type ValidationChain } from 'express-validator';
import type { Actor } from '../domain/actor.js';
import { ownerIdIsForAdmins } from '../manage/create-key.js';
import { bodyFields, type BodyField } from './fields/body-fields.js';
import type { FieldRules } from '../domain/field-rules.js';
import type { Presence } from './endpoint.js';

/** Creates the validation chain of a body field. Parsed values are added to `parsed`. */
export function createFieldChain(
  name: BodyField,
  presence: Presence,
  rules: FieldRules,
  actor: Actor,
  parsed: Map<string, unknown>,
): ValidationChain {
  if (presence === 'optional') return createRequiredChain(name, rules, parsed).optional();
  if (presence === 'admins' && actor.kind !== 'admin') {
    return body(name).not().exists().withMessage(ownerIdIsForAdmins);
  }
  return createRequiredChain(name, rules, parsed);
}

/** Creates the chain of a required field; `null` counts as present. */
function createRequiredChain(
  name: BodyField,
  rules: FieldRules,
  parsed: Map<string, unknown>,
): ValidationChain {
  return body(name)
    .exists()
    .withMessage('is required')
    .bail()
    .custom((value: unknown) => {
      parsed.set(name, bodyFields[name].parse(value, rules));
      return true;
    });
}
