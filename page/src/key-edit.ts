import { findEnd, splitLines, type KeyDraft } from './key-draft.js';
import type { ApiKey, Grantable } from './records.js';

/** A key as a draft that changes nothing yet. */
export function toDraft({ name, description, scopes, environment, ipAllowlist }: ApiKey): KeyDraft {
  return {
    ...{ name, description: description ?? '', ownerId: '', environment, scopes, features: [] },
    ...{ end: 'keep', endDate: '', addresses: ipAllowlist === null ? null : ipAllowlist.join('\n') },
    ...{ resources: {}, limits: [], credits: '' },
  };
}

/** The body of `PATCH /keys/:id`: what is another than before, and nothing else. */
export function listChanges(
  draft: KeyDraft,
  before: ApiKey,
  grantable: Grantable,
): Readonly<Record<string, unknown>> {
  const wanted: Record<string, unknown> = {
    name: draft.name.trim(),
    description: draft.description.trim() || null,
    scopes: draft.scopes,
    ipAllowlist: draft.addresses === null ? null : splitLines(draft.addresses),
  };
  if (draft.end !== 'keep') {
    const end = findEnd(draft, grantable);
    // A day that is not chosen yet is no time.
    if (end === null) wanted['expiresAt'] = null;
    else if (Number.isFinite(end)) wanted['expiresAt'] = new Date(end).toISOString();
  }
  const read = (value: unknown): string => JSON.stringify(Array.isArray(value) ? value.toSorted() : value);
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => read(value) !== read(before[name as keyof ApiKey])),
  );
}
