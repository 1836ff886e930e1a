import type { Endpoint } from './endpoint.js';
import { ownerAnswer } from './openapi/owner-answers.js';
import { presentOwner } from './present-owner.js';

/** Returns what is recorded about one owner. */
export const getOwner: Endpoint = {
  operationId: 'getOwner',
  summary: 'Read one owner',
  description: 'An owner about whom nothing is recorded is in good standing, at version 0. For admins only.',
  answers: { 200: ownerAnswer },
  problems: [],
  async handle({ owners, context, ownerId }) {
    return presentOwner(await owners.get(context, ownerId));
  },
};
