import { ApiKeysError } from '../errors.js';
import type { Endpoint } from './endpoint.js';

/** Shows the state of the instance that answers. */
export const getStatus: Endpoint = {
  operationId: 'getStatus',
  summary: 'Get the state of the process that answers',
  description:
    'Whether the database and Redis respond, where limits are counted, and how many processes share the database, as this process sees it. ' +
    'Reads nothing. For admins only.',
  answers: { 200: { description: 'The state.', schema: 'InstanceStatus' } },
  problems: [],
  async handle({ context: { actor }, status }) {
    if (actor.kind !== 'admin') {
      throw new ApiKeysError('forbidden', { detail: 'Only an admin may see the state of the instance.' });
    }
    return { status: 200, body: status() };
  },
};
