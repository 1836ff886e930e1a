import { body, type ValidationChain } from 'express-validator';
import {
  parseDescription,
  parseEnabled,
  parseEnvironment,
  parseExpiresAt,
  parseGracePeriodSeconds,
  parseIpAllowlist,
  parseMetadata,
  parseName,
  parseOwnerId,
  parseScopes,
} from '../domain/key-fields.js';
import type { FieldRules } from './endpoint.js';

/** A field that a body can hold. */
export type BodyField =
  | 'name'
  | 'description'
  | 'scopes'
  | 'expiresAt'
  | 'ipAllowlist'
  | 'metadata'
  | 'enabled'
  | 'environment'
  | 'ownerId'
  | 'gracePeriodSeconds';

/** Which rule of the domain decides over which field of a body. */
const ruleOf: Record<BodyField, (value: unknown, rules: FieldRules) => unknown> = {
  name: parseName,
  description: parseDescription,
  scopes: (value, { keyspace }) => parseScopes(value, keyspace.catalogue),
  expiresAt: (value, { clock }) => parseExpiresAt(value, clock.now()),
  ipAllowlist: parseIpAllowlist,
  metadata: parseMetadata,
  enabled: parseEnabled,
  environment: (value, { keyspace }) => parseEnvironment(value, keyspace.environments),
  ownerId: parseOwnerId,
  gracePeriodSeconds: parseGracePeriodSeconds,
};

/** The chain of a field that may be left out. */
export function optionalField(name: BodyField, rules: FieldRules): ValidationChain {
  return requiredField(name, rules).optional();
}

/** The chain of a field that has to be sent; `null` counts as sent. */
export function requiredField(name: BodyField, rules: FieldRules): ValidationChain {
  return body(name)
    .exists()
    .withMessage('is required')
    .bail()
    .custom((value: unknown) => {
      ruleOf[name](value, rules);
      return true;
    });
}

/** The chain of a field that is known, but not for this caller to send. */
export function forbiddenField(name: BodyField, message: string): ValidationChain {
  return body(name).not().exists().withMessage(message);
}
