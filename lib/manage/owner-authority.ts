import { ApiKeysError } from '../errors.js';
import type { ChangeContext } from './change.js';

/**
 * Owners are managed by admins and the app's own code: an owner that could resume itself would not be suspended.
 *
 * @throws ApiKeysError `forbidden`
 */
export function assertMayManageOwners({ actor }: Pick<ChangeContext, 'actor'>): void {
  if (actor.kind === 'admin' || actor.kind === 'application') return;
  throw new ApiKeysError('forbidden', { detail: 'Only admins manage owners.' });
}
