import type { Endpoint } from './endpoint.js';

/** Shows what keys would lose under another plan. */
export const postPlanImpact: Endpoint = {
  operationId: 'getPlanImpact',
  summary: 'Show what keys would lose under another plan',
  description:
    'With `plan` alone, owners would move to it; with `plan` and `as`, the plan would have these members instead, for the owners who have ' +
    'it; with `as` alone, owners would get such a plan. `ownerId`: only this owner. Changes nothing. For admins only.',
  body: { plan: 'optional', as: 'optional', ownerId: 'optional' },
  bodySchema: { anyOf: [{ required: ['plan'] }, { required: ['as'] }] },
  answers: { 200: { description: 'What would be lost.', schema: 'PlanImpact' } },
  problems: [],
  async handle({ owners, context, fields }) {
    return { status: 200, body: await owners.impact(context, fields) };
  },
};
