import { optionalField } from './body-field.js';
import type { Endpoint } from './endpoint.js';
import { parseIfMatch } from './parse-if-match.js';
import { presentChangeWithToken } from './present-key.js';

/** Gives a key a new secret. Without `gracePeriodSeconds` the old one ends at once. */
export const postKeyRotate: Endpoint = {
  fields: (rules) => [optionalField('gracePeriodSeconds', rules)],
  async handle({ keys, context, keyId, body, ifMatch, now }) {
    const rotated = await keys.rotate(context, keyId, body, parseIfMatch(ifMatch));
    return presentChangeWithToken(rotated, now());
  },
};
