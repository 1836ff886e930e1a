import type { ApiKeyRecord } from '../../domain/api-key.js';
import { toShownPublicKey } from '../../domain/shown-public-key.js';
import type { DeribitParts } from './deribit-method.js';
import { presentName } from './key-name.js';

/** A key in Deribit's format. */
export interface PresentedApiKey {
  readonly id: number | null;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly client_id: string;
  /** The secret, if it is new; otherwise asterisks, or the MD5 fingerprint of the public key. */
  readonly client_secret: string;
  readonly public_key?: string;
  readonly max_scope: string | readonly string[];
  readonly enabled: boolean;
  readonly default: boolean;
  readonly name: string;
  readonly enabled_features: readonly string[];
  readonly ip_whitelist: readonly string[];
}

/** As long as a secret, and the same for every key. */
const mask = '*'.repeat(43);

/** Presents a created or reset key. @param token - `<client_id>:<client_secret>`; `null` when there is no secret */
export function presentNewApiKey(
  parts: DeribitParts,
  record: ApiKeyRecord,
  token: string | null,
  isDefault: boolean,
): PresentedApiKey {
  const presented = presentApiKey(parts, record, isDefault);
  return token === null ? presented : { ...presented, client_secret: token.slice(token.indexOf(':') + 1) };
}

/** Presents a key without its secret. */
export function presentApiKey(
  { keyspace, options }: Pick<DeribitParts, 'keyspace' | 'options'>,
  record: ApiKeyRecord,
  isDefault: boolean,
): PresentedApiKey {
  const publicKey = toShownPublicKey(record);
  return {
    id: record.number,
    timestamp: record.createdAt,
    client_id: keyspace.keyspace.format.toClientId(record.id),
    client_secret: publicKey === null ? mask : publicKey.md5Fingerprint,
    ...(publicKey === null ? {} : { public_key: publicKey.pem.trimEnd() }),
    max_scope: options.maxScope === 'array' ? record.scopes : record.scopes.join(' '),
    enabled: record.enabled,
    default: isDefault,
    name: presentName(record.name),
    enabled_features: record.features,
    ip_whitelist: record.ipAllowlist ?? [],
  };
}
