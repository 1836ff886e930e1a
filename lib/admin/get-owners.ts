import { toOwner } from '../domain/owner-view.js';
import type { Endpoint } from './endpoint.js';
import { presentPage } from './present-page.js';

/** Lists the owners about whom something is recorded, by their ids. */
export const getOwners: Endpoint = {
  operationId: 'listOwners',
  summary: 'List owners by their ids',
  description: 'The owners about whom something is recorded. For admins only.',
  query: ['limit', 'cursor', 'suspended', 'q'],
  answers: { 200: { description: 'One page of owners.', schema: 'OwnerPage' } },
  problems: [],
  async handle({ owners, context, conditions }) {
    return presentPage(await owners.list(context, conditions), toOwner);
  },
};
