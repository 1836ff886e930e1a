import { toOwner } from '../domain/owner-view.js';
import type { Endpoint } from './endpoint.js';
import { ownerWithCreditsAnswer } from './openapi/owner-answers.js';
import { presentOwner } from './present-owner.js';

/** Returns what is recorded about one owner. */
export const getOwner: Endpoint = {
  operationId: 'getOwner',
  summary: 'Read one owner',
  description:
    'An owner about whom nothing is recorded is in good standing, at version 0. `credits` is what is left of those of the plan. For admins only.',
  answers: { 200: ownerWithCreditsAnswer },
  problems: [],
  async handle({ owners, context, ownerId }) {
    const { record, credits } = await owners.getWithCredits(context, ownerId);
    return { ...presentOwner(record), body: { ...toOwner(record), credits } };
  },
};
