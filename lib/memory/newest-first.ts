import type { ApiKeyRecord } from '../domain/api-key.js';

/** By code unit, as stores order; a locale would order differently elsewhere. */
export function compareNewestFirst(
  a: Pick<ApiKeyRecord, 'createdAt' | 'id'>,
  b: Pick<ApiKeyRecord, 'createdAt' | 'id'>,
): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}
