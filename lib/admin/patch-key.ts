import { optionalField } from './body-field.js';
import type { Endpoint } from './endpoint.js';
import { parseIfMatch } from './parse-if-match.js';
import { presentChange } from './present-key.js';

/** Changes the fields that were sent and leaves the others as they are. */
export const patchKey: Endpoint = {
  fields: (rules) => [
    optionalField('name', rules),
    optionalField('description', rules),
    optionalField('scopes', rules),
    optionalField('expiresAt', rules),
    optionalField('ipAllowlist', rules),
    optionalField('metadata', rules),
    optionalField('enabled', rules),
  ],
  async handle({ keys, context, keyId, body, ifMatch, now }) {
    const changed = await keys.update(context, keyId, body, parseIfMatch(ifMatch));
    return presentChange(changed, now());
  },
};
