import { body, type ValidationChain } from 'express-validator';
import type { Actor } from '../domain/actor.js';
import { ownerIdIsForAdmins } from '../manage/create-key.js';
import { bodyFields, type BodyField } from './fields/body-fields.js';
import type { FieldRules } from '../domain/field-rules.js';
import type { Presence } from './endpoint.js';

/** The chain of a field of a body. */
export function bodyField(
  name: BodyField,
  presence: Presence,
  rules: FieldRules,
  actor: Actor,
): ValidationChain {
  if (presence === 'optional') return requiredField(name, rules).optional();
  if (presence === 'admins' && actor.kind !== 'admin') {
    return body(name).not().exists().withMessage(ownerIdIsForAdmins);
  }
  return requiredField(name, rules);
}

/** The chain of a field that has to be sent; `null` counts as sent. */
function requiredField(name: BodyField, rules: FieldRules): ValidationChain {
  return body(name)
    .exists()
    .withMessage('is required')
    .bail()
    .custom((value: unknown) => {
      bodyFields[name].parse(value, rules);
      return true;
    });
}
