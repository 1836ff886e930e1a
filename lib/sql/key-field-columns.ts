import type { JsonObject } from '../domain/json.js';
import type { KeyFields } from '../domain/key-field-table.js';
import type { ResourceBinding } from '../domain/resource-binding.js';
import type { RateLimit } from '../domain/rate-limit.js';

/** What can be said of a key, as columns of its row. Credits are apart: they are written with every use. */
export interface KeyFieldColumns {
  name: string;
  description: string | null;
  /** JSON list. */
  scopes: string;
  expires_at: number | null;
  /** JSON list, or null for any address. */
  ip_allowlist: string | null;
  /** JSON object of lists, or null for all resources. */
  resources: string | null;
  /** JSON object. */
  metadata: string;
  /** JSON list. */
  features: string;
  /** JSON list. */
  tags: string;
  /** JSON list. */
  rate_limits: string;
  token_lifetime_seconds: number | null;
}

type StoredFields = Omit<KeyFields, 'credits'>;

/** Reads them from a row. */
export function toFields(row: Readonly<KeyFieldColumns>): StoredFields {
  return {
    name: row.name,
    description: row.description,
    scopes: JSON.parse(row.scopes) as string[],
    expiresAt: row.expires_at,
    ipAllowlist: row.ip_allowlist === null ? null : (JSON.parse(row.ip_allowlist) as string[]),
    resources: row.resources === null ? null : (JSON.parse(row.resources) as ResourceBinding),
    metadata: JSON.parse(row.metadata) as JsonObject,
    features: JSON.parse(row.features) as string[],
    tags: JSON.parse(row.tags) as string[],
    rateLimits: JSON.parse(row.rate_limits) as RateLimit[],
    tokenLifetimeSeconds: row.token_lifetime_seconds,
  };
}

/** The columns of a record. */
export function toFieldColumns(fields: StoredFields): KeyFieldColumns {
  return {
    name: fields.name,
    description: fields.description,
    scopes: JSON.stringify(fields.scopes),
    expires_at: fields.expiresAt,
    ip_allowlist: fields.ipAllowlist === null ? null : JSON.stringify(fields.ipAllowlist),
    resources: fields.resources === null ? null : JSON.stringify(fields.resources),
    metadata: JSON.stringify(fields.metadata),
    features: JSON.stringify(fields.features),
    tags: JSON.stringify(fields.tags),
    rate_limits: JSON.stringify(fields.rateLimits),
    token_lifetime_seconds: fields.tokenLifetimeSeconds,
  };
}
