import { ownerIdIsForAdmins } from '../manage/create-key.js';
import { forbiddenField, optionalField, requiredField } from './body-field.js';
import type { Endpoint } from './endpoint.js';
import { presentNewKey } from './present-key.js';

/**
 * Makes a key; the only answer besides rotation that shows a token. Whose key it is comes from the caller: only an
 * admin names an owner.
 */
export const postKeys: Endpoint = {
  fields: (rules, actor) => [
    requiredField('name', rules),
    requiredField('scopes', rules),
    actor.kind === 'admin' ? requiredField('ownerId', rules) : forbiddenField('ownerId', ownerIdIsForAdmins),
    optionalField('description', rules),
    optionalField('expiresAt', rules),
    optionalField('ipAllowlist', rules),
    optionalField('metadata', rules),
    optionalField('environment', rules),
  ],
  async handle({ keys, context, body, baseUrl, now }) {
    const created = await keys.create(context, body);
    return presentNewKey(created, baseUrl, now());
  },
};
