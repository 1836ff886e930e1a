import type { ApiKeyRecord } from '../domain/api-key.js';
import type { Credits } from '../domain/credits.js';
import {
  parseDescription,
  parseExpiresAt,
  parseIpAllowlist,
  parseMetadata,
  parseName,
  parseScopes,
} from '../domain/key-fields.js';
import type { Keyspace } from '../domain/keyspace.js';
import { parseCredits, parseRateLimits } from '../domain/limit-fields.js';
import { parseFeatures } from '../domain/parse-features.js';
import { parseTags } from '../domain/parse-tags.js';
import { parseTokenLifetime } from '../domain/parse-token-lifetime.js';
import type { FieldReaders } from './read-fields.js';

/** What can be said of a key when it is made, and changed later. */
export type KeyFields = { readonly credits: Credits | null } & Pick<
  ApiKeyRecord,
  | 'name'
  | 'description'
  | 'scopes'
  | 'expiresAt'
  | 'ipAllowlist'
  | 'metadata'
  | 'features'
  | 'tags'
  | 'rateLimits'
  | 'tokenLifetimeSeconds'
>;

/**
 * How each of them is read in one keyspace.
 *
 * @param now - epoch milliseconds: an end must be later
 */
export function keyFieldReaders({ catalogue, features }: Keyspace, now: number): FieldReaders<KeyFields> {
  return {
    name: parseName,
    description: parseDescription,
    scopes: (value) => parseScopes(value, catalogue),
    expiresAt: (value) => parseExpiresAt(value, now),
    ipAllowlist: parseIpAllowlist,
    metadata: parseMetadata,
    features: (value) => parseFeatures(value, features),
    tags: parseTags,
    rateLimits: parseRateLimits,
    credits: parseCredits,
    tokenLifetimeSeconds: parseTokenLifetime,
  };
}
