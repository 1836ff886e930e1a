import { ApiKeysError } from '../errors.js';
import type { ChangeContext } from '../manage/change.js';

/** @throws ApiKeysError `forbidden` to all but admins and the app itself: the routes of an app are none of its customers' business */
export function assertMayReadObserved({ actor }: Pick<ChangeContext, 'actor'>): void {
  if (actor.kind === 'admin' || actor.kind === 'application') return;
  throw new ApiKeysError('forbidden', { detail: 'Only an admin may see what was observed.' });
}
