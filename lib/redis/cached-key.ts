import type { VerifiableKey } from '../domain/api-key.js';
import type { VerifiableCredential } from '../domain/credential.js';
import { parseMetadata } from '../domain/key-fields.js';

/** Writes a record field by field. Slow hashes stay in the database: what is not named here never gets to Redis. */
export function writeCachedKey(key: VerifiableKey): string {
  return JSON.stringify({
    id: key.id,
    keyspace: key.keyspace,
    ownerId: key.ownerId,
    name: key.name,
    scopes: key.scopes,
    environment: key.environment,
    enabled: key.enabled,
    revokedAt: key.revokedAt,
    expiresAt: key.expiresAt,
    ipAllowlist: key.ipAllowlist,
    metadata: key.metadata,
    version: key.version,
    hint: { prefix: key.hint.prefix },
    credentials: key.credentials.map(({ id, kind, digests, endedAt, endsAt }) => ({
      id,
      kind,
      digests,
      endedAt,
      endsAt,
    })),
  });
}

/** Reads a record, every field checked and copied; `null` when anything is not as it was written. */
export function readCachedKey(content: string): VerifiableKey | null {
  try {
    const key = record(JSON.parse(content));
    return {
      id: text(key.id),
      keyspace: text(key.keyspace),
      ownerId: text(key.ownerId),
      name: text(key.name),
      scopes: list(key.scopes).map(text),
      environment: text(key.environment),
      enabled: flag(key.enabled),
      revokedAt: timeOrNull(key.revokedAt),
      expiresAt: timeOrNull(key.expiresAt),
      ipAllowlist: key.ipAllowlist === null ? null : filled(list(key.ipAllowlist)).map(text),
      metadata: parseMetadata(key.metadata),
      version: wholeNumber(key.version),
      hint: { prefix: text(record(key.hint).prefix) },
      credentials: list(key.credentials).map(readCredential),
    };
  } catch {
    return null;
  }
}

function readCredential(value: unknown): VerifiableCredential {
  const credential = record(value);
  if (credential.kind !== 'secret') throw new TypeError('kind');
  return {
    id: text(credential.id),
    kind: credential.kind,
    digests: Object.fromEntries(Object.entries(record(credential.digests)).map(readDigest)),
    endedAt: timeOrNull(credential.endedAt),
    endsAt: timeOrNull(credential.endsAt),
  };
}

function readDigest([pepperId, digest]: [string, unknown]): [string, string] {
  if (!/^[0-9a-f]{16}$/.test(pepperId) || !/^[0-9a-f]{64}$/.test(text(digest))) throw new TypeError('digest');
  return [pepperId, text(digest)];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('record');
  return value as Record<string, unknown>;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('list');
  return value;
}

/** An empty allowlist does not exist; it could be read as "any address". */
function filled(values: readonly unknown[]): readonly unknown[] {
  if (values.length === 0) throw new TypeError('empty');
  return values;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('text');
  return value;
}

function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError('flag');
  return value;
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new TypeError('number');
  return Number(value);
}

function timeOrNull(value: unknown): number | null {
  return value === null ? null : wholeNumber(value);
}
