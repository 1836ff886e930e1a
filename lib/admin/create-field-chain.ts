import { body, type ValidationChain } from 'express-validator';
import { ownerIdIsForAdmins } from '../manage/create-key.js';
import { bodyFields, type BodyField } from './fields/body-fields.js';
import type { FieldRules } from '../domain/field-rules.js';
import type { Presence } from './endpoint.js';
import type { ParsingRequest } from './parsing-request.js';

/** Creates the validation chain of a body field. Parsed values are added to `parsedFields` of the request that it runs on. */
export function createFieldChain(
  name: BodyField,
  presence: Presence,
  rules: FieldRules,
  isForAdmins: boolean,
): ValidationChain {
  if (presence === 'optional') return createRequiredChain(name, rules).optional();
  if (presence === 'admins' && !isForAdmins) {
    return body(name).not().exists().withMessage(ownerIdIsForAdmins);
  }
  return createRequiredChain(name, rules);
}

/** Creates the chain of a required field; `null` counts as present. */
function createRequiredChain(name: BodyField, rules: FieldRules): ValidationChain {
  return body(name)
    .exists()
    .withMessage('is required')
    .bail()
    .custom((value: unknown, { req }) => {
      (req as ParsingRequest).parsedFields.set(name, bodyFields[name].parse(value, rules));
      return true;
    });
}
