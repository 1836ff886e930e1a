import type { VerifiableKey } from '../domain/api-key.js';
import type { VerifiableCredential, VerifiablePublicKey, VerifiableSecret } from '../domain/credential.js';
import { noAncestors, type KeyAncestor } from '../domain/key-ancestor.js';
import type { OwnerStanding } from '../domain/owner.js';
import type { PlanMembers } from '../domain/plan.js';
import type { ResourceBinding } from '../domain/resource-binding.js';
import type { RateLimit } from '../domain/rate-limit.js';

/**
 * Writes a record field by field, as a list without names. Slow hashes stay in the database: fields that are not
 * named here never reach Redis. The version precedes the content. Every change of the order needs a new
 * `schemaVersion`.
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
    key.owner === null
      ? null
      : [key.owner.version, key.owner.suspendedAt, key.owner.plan, key.owner.overrides],
    key.createdAt,
    key.activatedAt,
    key.lastUsedAt,
    key.maxIdleDays,
    key.resources,
    key.parentId,
    key.ancestors.map(writeAncestor),
  ]);
}

/** The first field tells the kinds apart: digests are an object, an algorithm is a string. */
function writeCredential(credential: VerifiableCredential): readonly unknown[] {
  const { id, createdAt, endedAt, endsAt, graceFromFirstUseSeconds } = credential;
  const proof =
    credential.kind === 'secret'
      ? [credential.digests, credential.sealedSecret]
      : [credential.algorithm, credential.spki];
  return [...proof, id, createdAt, endedAt, endsAt, graceFromFirstUseSeconds];
}

/** The keys above a key, each with its version. */
function writeAncestor(ancestor: KeyAncestor): readonly unknown[] {
  return [
    ancestor.id,
    ancestor.parentId,
    ancestor.version,
    ancestor.enabled,
    ancestor.revokedAt,
    ancestor.expiresAt,
    ancestor.createdAt,
    ancestor.activatedAt,
    ancestor.lastUsedAt,
    ancestor.maxIdleDays,
    ancestor.scopes,
    ancestor.features,
    ancestor.ipAllowlist,
    ancestor.resources,
    ancestor.rateLimits.map(({ name, limit, windowSeconds }) => [name, limit, windowSeconds]),
    ancestor.hasCredits,
  ];
}

const fieldCount = 24;

/**
 * Reads a record and checks every field; `null` when anything is not as it was written. The parsed value is shared
 * with nothing else, so lists and metadata are not copied.
 */
export function readCachedKey(content: string, version: number): VerifiableKey | null {
  // JSON.parse makes it an own property, but not everything that copies metadata later on would. Quotes within
  // strings are escaped with a backslash.
  if (content === '' || content.includes('"__proto__":')) return null;
  try {
    const fields = readList(JSON.parse(content));
    if (fields.length !== fieldCount) return null;
    return {
      id: readString(fields[0]),
      keyspace: readString(fields[1]),
      ownerId: readString(fields[2]),
      name: readString(fields[3]),
      scopes: readStrings(fields[4]),
      environment: readString(fields[5]),
      enabled: readBoolean(fields[6]),
      revokedAt: readNumberOrNull(fields[7]),
      expiresAt: readNumberOrNull(fields[8]),
      ipAllowlist: fields[9] === null ? null : refuseEmpty(readStrings(fields[9])),
      metadata: readObject(fields[10]) as VerifiableKey['metadata'],
      features: readStrings(fields[11]),
      rateLimits: readList(fields[12]).map(readRateLimit),
      hasCredits: readBoolean(fields[13]),
      version,
      hint: { prefix: readString(fields[14]) },
      credentials: readList(fields[15]).map(readCredential),
      owner: fields[16] === null ? null : readOwner(fields[16]),
      createdAt: readWholeNumber(fields[17]),
      activatedAt: readWholeNumber(fields[18]),
      lastUsedAt: readNumberOrNull(fields[19]),
      maxIdleDays: readNumberOrNull(fields[20]),
      resources: fields[21] === null ? null : readBinding(fields[21]),
      parentId: readStringOrNull(fields[22]),
      ancestors: readAncestors(fields[23]),
    };
  } catch {
    return null;
  }
}

function readAncestors(value: unknown): readonly KeyAncestor[] {
  const list = readList(value);
  return list.length === 0 ? noAncestors : list.map((each) => readAncestor(readList(each)));
}

function readAncestor(fields: readonly unknown[]): KeyAncestor {
  if (fields.length !== 16) throw new TypeError('ancestor');
  return {
    id: readString(fields[0]),
    parentId: readStringOrNull(fields[1]),
    version: readWholeNumber(fields[2]),
    enabled: readBoolean(fields[3]),
    revokedAt: readNumberOrNull(fields[4]),
    expiresAt: readNumberOrNull(fields[5]),
    createdAt: readWholeNumber(fields[6]),
    activatedAt: readWholeNumber(fields[7]),
    lastUsedAt: readNumberOrNull(fields[8]),
    maxIdleDays: readNumberOrNull(fields[9]),
    scopes: readStrings(fields[10]),
    features: readStrings(fields[11]),
    ipAllowlist: fields[12] === null ? null : refuseEmpty(readStrings(fields[12])),
    resources: fields[13] === null ? null : readBinding(fields[13]),
    rateLimits: readList(fields[14]).map(readRateLimit),
    hasCredits: readBoolean(fields[15]),
  };
}

/** Neither it nor a list in it is empty: that could be read as "all". */
function readBinding(value: unknown): ResourceBinding {
  const binding = readObject(value);
  refuseEmpty(Object.keys(binding));
  for (const ids of Object.values(binding)) refuseEmpty(readStrings(ids));
  return binding as ResourceBinding;
}

function readOwner(value: unknown): OwnerStanding {
  const fields = readList(value);
  if (fields.length !== 4) throw new TypeError('owner');
  const [version, suspendedAt, plan, overrides] = fields;
  return {
    version: readWholeNumber(version),
    suspendedAt: readNumberOrNull(suspendedAt),
    plan: plan === null ? null : readString(plan),
    overrides: overrides === null ? null : readPlanMembers(readObject(overrides)),
  };
}

function readPlanMembers(members: Readonly<Record<string, unknown>>): PlanMembers {
  const { scopes, features, rateLimits, keyCeilings, maxKeys } = members;
  if (scopes !== undefined) readStrings(scopes);
  if (features !== undefined) readStrings(features);
  if (rateLimits !== undefined) readWindows(rateLimits);
  if (maxKeys !== undefined) readNumberOrNull(maxKeys);
  if (keyCeilings !== undefined) {
    const ceilings = readObject(keyCeilings);
    if (ceilings['rateLimits'] !== undefined) readWindows(ceilings['rateLimits']);
    if (ceilings['credits'] !== undefined) readNumberOrNull(ceilings['credits']);
  }
  return members;
}

/** Windows as they are stored, each an object. */
function readWindows(value: unknown): void {
  for (const each of readList(value)) {
    const { name, limit, windowSeconds } = readObject(each);
    readRateLimit([name, limit, windowSeconds]);
  }
}

function readCredential(value: unknown): VerifiableCredential {
  const fields = readList(value);
  if (fields.length !== 7) throw new TypeError('credential');
  const [proof, more, id, createdAt, endedAt, endsAt, graceSeconds] = fields;
  return {
    ...(typeof proof === 'string' ? readPublicKey(proof, more) : readSecret(proof, more)),
    id: readString(id),
    createdAt: readWholeNumber(createdAt),
    endedAt: readNumberOrNull(endedAt),
    endsAt: readNumberOrNull(endsAt),
    graceFromFirstUseSeconds: readNumberOrNull(graceSeconds),
  };
}

function readSecret(
  digests: unknown,
  sealed: unknown,
): Pick<VerifiableSecret, 'kind' | 'digests' | 'sealedSecret'> {
  return {
    kind: 'secret',
    digests: readDigests(digests),
    sealedSecret: sealed === null ? null : readString(sealed),
  };
}

function readPublicKey(
  algorithm: string,
  spki: unknown,
): Pick<VerifiablePublicKey, 'kind' | 'algorithm' | 'spki'> {
  if (algorithm !== 'ed25519' && algorithm !== 'rsa') throw new TypeError('algorithm');
  return { kind: 'public-key', algorithm, spki: readString(spki) };
}

function readRateLimit(value: unknown): RateLimit {
  const fields = readList(value);
  if (fields.length !== 3) throw new TypeError('rate limit');
  return {
    name: readString(fields[0]),
    limit: readWholeNumber(fields[1]),
    windowSeconds: readWholeNumber(fields[2]),
  };
}

const hexDigest = /^[0-9a-f]{64}$/;

function readDigests(value: unknown): Readonly<Record<string, string>> {
  const digests = readObject(value);
  for (const pepperId in digests) {
    if (pepperId.length !== 16 || !hexDigest.test(readString(digests[pepperId])))
      throw new TypeError('digest');
  }
  return digests as Record<string, string>;
}

function readObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('object');
  return value as Record<string, unknown>;
}

function readList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('list');
  return value;
}

function readStrings(value: unknown): readonly string[] {
  const values = readList(value);
  for (const each of values) readString(each);
  return values as readonly string[];
}

/** An empty allowlist does not exist; it could be read as "any address". */
function refuseEmpty(values: readonly string[]): readonly string[] {
  if (values.length === 0) throw new TypeError('empty');
  return values;
}

function readString(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('string');
  return value;
}

function readStringOrNull(value: unknown): string | null {
  return value === null ? null : readString(value);
}

function readBoolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError('boolean');
  return value;
}

function readNumberOrNull(value: unknown): number | null {
  return value === null ? null : readWholeNumber(value);
}

function readWholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new TypeError('number');
  return value as number;
}
