import type { Endpoint } from './endpoint.js';
import { keyAnswer } from './openapi/key-answers.js';
import { presentKey } from './present-key.js';

/** Returns one key. */
export const getKey: Endpoint = {
  operationId: 'getKey',
  summary: 'Get a key',
  answers: { 200: keyAnswer },
  problems: [],
  async handle({ keys, context, keyId, now }) {
    return presentKey(await keys.get(context, keyId), now());
  },
};
