import type { VerifiableKey } from '../domain/api-key.js';
import type { VerifiableCredential, VerifiablePublicKey, VerifiableSecret } from '../domain/credential.js';
import type { RateLimit } from '../domain/rate-limit.js';

/**
 * Writes a record field by field, as a list without names. Slow hashes stay in the database: what is not named here
 * never gets to Redis. The version stands before the content. Every change of the order is a new `schemaVersion`.
 */
export function writeCachedKey(key: VerifiableKey): string {
  return JSON.stringify([
    key.id,
    key.keyspace,
    key.ownerId,
    key.name,
    key.scopes,
    key.environment,
    key.enabled,
    key.revokedAt,
    key.expiresAt,
    key.ipAllowlist,
    key.metadata,
    key.features,
    key.rateLimits.map(({ name, limit, windowSeconds }) => [name, limit, windowSeconds]),
    key.hasCredits,
    key.hint.prefix,
    key.credentials.map(writeCredential),
  ]);
}

/** The first field says which kind it is: digests are an object, an algorithm is a text. */
function writeCredential(credential: VerifiableCredential): readonly unknown[] {
  const { id, createdAt, endedAt, endsAt, graceFromFirstUseSeconds } = credential;
  const proof =
    credential.kind === 'secret'
      ? [credential.digests, credential.sealedSecret]
      : [credential.algorithm, credential.spki];
  return [...proof, id, createdAt, endedAt, endsAt, graceFromFirstUseSeconds];
}

const fieldCount = 16;

/**
 * Reads a record, every field checked; `null` when anything is not as it was written. What was parsed belongs to nobody
 * else, so lists and metadata are not copied.
 */
export function readCachedKey(content: string, version: number): VerifiableKey | null {
  // JSON.parse makes it a property of its own, but not everything that copies metadata later on would. Quotes within
  // texts have a backslash before them.
  if (content === '' || content.includes('"__proto__":')) return null;
  try {
    const fields = list(JSON.parse(content));
    if (fields.length !== fieldCount) return null;
    return {
      id: text(fields[0]),
      keyspace: text(fields[1]),
      ownerId: text(fields[2]),
      name: text(fields[3]),
      scopes: texts(fields[4]),
      environment: text(fields[5]),
      enabled: flag(fields[6]),
      revokedAt: numberOrNull(fields[7]),
      expiresAt: numberOrNull(fields[8]),
      ipAllowlist: fields[9] === null ? null : filled(texts(fields[9])),
      metadata: record(fields[10]) as VerifiableKey['metadata'],
      features: texts(fields[11]),
      rateLimits: list(fields[12]).map(readRateLimit),
      hasCredits: flag(fields[13]),
      version,
      hint: { prefix: text(fields[14]) },
      credentials: list(fields[15]).map(readCredential),
    };
  } catch {
    return null;
  }
}

function readCredential(value: unknown): VerifiableCredential {
  const fields = list(value);
  if (fields.length !== 7) throw new TypeError('credential');
  const [proof, more, id, createdAt, endedAt, endsAt, graceSeconds] = fields;
  return {
    ...(typeof proof === 'string' ? readPublicKey(proof, more) : readSecret(proof, more)),
    id: text(id),
    createdAt: wholeNumber(createdAt),
    endedAt: numberOrNull(endedAt),
    endsAt: numberOrNull(endsAt),
    graceFromFirstUseSeconds: numberOrNull(graceSeconds),
  };
}

function readSecret(
  digests: unknown,
  sealed: unknown,
): Pick<VerifiableSecret, 'kind' | 'digests' | 'sealedSecret'> {
  return {
    kind: 'secret',
    digests: readDigests(digests),
    sealedSecret: sealed === null ? null : text(sealed),
  };
}

function readPublicKey(
  algorithm: string,
  spki: unknown,
): Pick<VerifiablePublicKey, 'kind' | 'algorithm' | 'spki'> {
  if (algorithm !== 'ed25519' && algorithm !== 'rsa') throw new TypeError('algorithm');
  return { kind: 'public-key', algorithm, spki: text(spki) };
}

function readRateLimit(value: unknown): RateLimit {
  const fields = list(value);
  if (fields.length !== 3) throw new TypeError('rate limit');
  return { name: text(fields[0]), limit: wholeNumber(fields[1]), windowSeconds: wholeNumber(fields[2]) };
}

const hexDigest = /^[0-9a-f]{64}$/;

function readDigests(value: unknown): Readonly<Record<string, string>> {
  const digests = record(value);
  for (const pepperId in digests) {
    if (pepperId.length !== 16 || !hexDigest.test(text(digests[pepperId]))) throw new TypeError('digest');
  }
  return digests as Record<string, string>;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('record');
  return value as Record<string, unknown>;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('list');
  return value;
}

function texts(value: unknown): readonly string[] {
  const values = list(value);
  for (const each of values) text(each);
  return values as readonly string[];
}

/** An empty allowlist does not exist; it could be read as "any address". */
function filled(values: readonly string[]): readonly string[] {
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

function numberOrNull(value: unknown): number | null {
  return value === null ? null : wholeNumber(value);
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new TypeError('number');
  return value as number;
}
