import { ApiKeysError } from '../errors.js';
import type { ChangeContext } from '../manage/change.js';

/**
 * Events are about the keys of all owners, so webhooks are managed by admins and the app's own code.
 *
 * @throws ApiKeysError `forbidden`
 */
export function assertMayManageWebhooks({ actor }: Pick<ChangeContext, 'actor'>): void {
  if (actor.kind === 'admin' || actor.kind === 'application') return;
  throw new ApiKeysError('forbidden', { detail: 'Only admins manage webhooks.' });
}
