import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { JsonObject } from '../../domain/json.js';
import type { ChangeContext } from '../../manage/change.js';
import type { DialectKeyService } from '../dialect-host.js';
import { listLiveKeys } from './list-live-keys.js';

/** The metadata field with the time since when a key is the default one, in epoch milliseconds. */
const metadataField = 'defaultSince';

/** The metadata of a key that becomes the default one. Other keys keep theirs: the newest time wins, in any race. */
export function markAsDefault({ metadata }: ApiKeyRecord, now: number): JsonObject {
  return { ...metadata, [metadataField]: now };
}

/** The id of the default key of an owner; `null` when none was ever set. */
export function findDefaultId(records: readonly ApiKeyRecord[]): string | null {
  const marked = records.filter((record) => getDefaultSince(record) > 0);
  const [newest] = marked.sort((one, other) => getDefaultSince(other) - getDefaultSince(one));
  return newest?.id ?? null;
}

/** Whether a key is the default one; the other keys are only read if it ever was. */
export async function isDefaultKey(
  keys: DialectKeyService,
  context: ChangeContext,
  record: ApiKeyRecord,
): Promise<boolean> {
  if (getDefaultSince(record) === 0) return false;
  return findDefaultId(await listLiveKeys(keys, context)) === record.id;
}

function getDefaultSince({ metadata }: ApiKeyRecord): number {
  const since = metadata[metadataField];
  return typeof since === 'number' ? since : 0;
}
