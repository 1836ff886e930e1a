import {
  findEnd,
  noRefill,
  parseMetadata,
  splitLines,
  splitTags,
  toRateLimits,
  type KeyDraft,
} from './key-draft.js';
import type { ApiKey, Credits, Grantable } from './records.js';

/** A key as a draft that changes nothing yet. */
export function toDraft(apiKey: ApiKey): KeyDraft {
  const { name, description, scopes, features, environment, ipAllowlist, resources, credits } = apiKey;
  const { refillAmount = null, refillIntervalSeconds = null } = credits ?? {};
  return {
    ...{ name, description: description ?? '', ownerId: '', environment, scopes, features },
    ...{ end: 'keep', endDate: '', addresses: ipAllowlist === null ? null : ipAllowlist.join('\n') },
    resources: resources ?? {},
    limits: apiKey.rateLimits.map((each) => ({ ...each, limit: String(each.limit) })),
    ...{ creditsChoice: 'keep', credits: credits === null ? '' : String(credits.remaining) },
    refill: refillAmount === null ? '' : String(refillAmount),
    refillSeconds: refillIntervalSeconds ?? noRefill.refillSeconds,
    tokenLifetime: apiKey.tokenLifetimeSeconds === null ? '' : String(apiKey.tokenLifetimeSeconds),
    tags: apiKey.tags.join(', '),
    metadata: JSON.stringify(apiKey.metadata, null, 2),
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
    features: draft.features,
    ipAllowlist: draft.addresses === null ? null : splitLines(draft.addresses),
    resources: Object.keys(draft.resources).length === 0 ? null : draft.resources,
    rateLimits: toRateLimits(draft.limits),
    tokenLifetimeSeconds: draft.tokenLifetime.trim() === '' ? null : Number(draft.tokenLifetime),
    tags: splitTags(draft.tags),
    // A text that is no object is not sent: the form says what is wrong with it.
    metadata: parseMetadata(draft.metadata) ?? draft.metadata,
  };
  if (draft.end !== 'keep') {
    const end = findEnd(draft, grantable);
    // A day that is not chosen yet is no time.
    if (end === null) wanted['expiresAt'] = null;
    else if (Number.isFinite(end)) wanted['expiresAt'] = new Date(end).toISOString();
  }
  if (draft.creditsChoice === 'none') wanted['credits'] = null;
  if (draft.creditsChoice === 'set') wanted['credits'] = toCredits(draft, grantable);
  return Object.fromEntries(
    Object.entries(wanted).filter(
      ([name, value]) => toComparable(name, value) !== toComparable(name, before[name as keyof ApiKey]),
    ),
  );
}

/** Where there is a maximum, credits are not refilled. */
function toCredits({ credits, refill, refillSeconds }: KeyDraft, { ceilings }: Grantable): Credits {
  const isRefilled = ceilings.credits === null && refill.trim() !== '';
  return {
    remaining: credits.trim() === '' ? Number.NaN : Number(credits),
    refillAmount: isRefilled ? Number(refill) : null,
    refillIntervalSeconds: isRefilled ? refillSeconds : null,
  };
}

/** The same for values that mean the same: the order matters in the data of the app, and nowhere else. */
function toComparable(name: string, value: unknown): string {
  return JSON.stringify(name === 'metadata' ? value : toSorted(value));
}

function toSorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value).map(([name, each]) => [
    Array.isArray(value) ? '' : name,
    toSorted(each),
  ]);
  const texts = parts.map((part) => JSON.stringify(part));
  return texts.toSorted();
}
