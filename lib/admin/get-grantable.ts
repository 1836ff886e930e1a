import type { Endpoint } from './endpoint.js';

/** Returns what the caller may give to keys. */
export const getGrantable: Endpoint = {
  operationId: 'getGrantable',
  summary: 'Get the scopes, features and resources that the caller may give to keys',
  description:
    'The whole catalogue with its descriptions, each name with whether the caller may give it, the kinds of resources with the ' +
    'ids that the caller may bind keys to, and the ceilings on limits and credits: for the checkboxes of a form. Every change is checked again.',
  answers: { 200: { description: 'What the caller may give to keys.', schema: 'Grantable' } },
  problems: [],
  async handle({ keys, context }) {
    const { scopes, features, resources, ceilings } = await keys.grantable(context);
    return { status: 200, body: { scopes, features, resources, ceilings } };
  },
};
