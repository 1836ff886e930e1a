import { createOwnerCommand } from './create-owner-command.js';
import type { Endpoint } from './endpoint.js';

/** Suspend an owner. */
export const postOwnerSuspend: Endpoint = createOwnerCommand('suspend', {
  operationId: 'suspendOwner',
  summary: 'Suspend an owner',
  description:
    'Every key, access token and signature of the owner is refused with `owner_suspended`, until the owner is resumed.',
  body: { suspensionReason: 'optional' },
});
