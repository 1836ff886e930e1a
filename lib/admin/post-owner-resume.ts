import { createOwnerCommand } from './create-owner-command.js';
import type { Endpoint } from './endpoint.js';

/** Resume a suspended owner. */
export const postOwnerResume: Endpoint = createOwnerCommand('resume', {
  operationId: 'resumeOwner',
  summary: 'Resume a suspended owner',
  description: 'The keys of the owner are accepted again, as far as each key itself allows.',
  body: {},
});
