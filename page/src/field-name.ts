import { getOwn } from './get-own.js';
import type { Say } from './texts.js';
import type { TextName } from './texts-english.js';

const names: Readonly<Record<string, TextName>> = {
  ...{ name: 'name', description: 'description', scopes: 'scopes', features: 'features', tags: 'tags' },
  ...{ expiresAt: 'ends', ipAllowlist: 'addressesTitle', resources: 'resources', metadata: 'metadata' },
  ...{ rateLimits: 'limits', credits: 'credits', state: 'state', revokedAt: 'revokedAt', ownerId: 'owner' },
  ...{ plan: 'plan', overrides: 'overrides', suspendedAt: 'suspendedSince', suspensionReason: 'reason' },
  ...{ reason: 'reason', comment: 'comment', environment: 'environment' },
  tokenLifetimeSeconds: 'tokenLifetime',
};

/** Returns what people call a field of a key or an owner; a field that they never see has the name that the router gives it. */
export function getFieldName(name: string, say: Say): string {
  const text = getOwn(names, name);
  return text === undefined ? name : say(text);
}
