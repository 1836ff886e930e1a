import { createKeyFieldDefaults, type KeyFields } from '../domain/key-field-table.js';
import { toAuditActor } from '../domain/actor.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { createVisiblePlace, type ForeignFormat } from '../domain/foreign-format.js';
import { listForeignTokens, type ForeignToken } from '../domain/foreign-token.js';
import { getLifetimeBounds } from '../domain/get-lifetime-bounds.js';
import { noAncestors } from '../domain/key-ancestor.js';
import {
  InvalidFieldError,
  parseEnabled,
  parseEnvironment,
  parseMoment,
  parseNewOwnerId,
} from '../domain/key-fields.js';
import { isStorable } from '../domain/is-storable.js';
import { getExpiresAt } from '../domain/key-lifetime.js';
import { importedHintPrefix, type Keyspaces } from '../domain/keyspaces.js';
import type { OwnerStanding } from '../domain/owner.js';
import { formatSaltedDigest, type RowSalts } from '../domain/salted-digest.js';
import { ApiKeysError } from '../errors.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import { createAuthorityWithoutKey } from './authority.js';
import type { ChangeContext } from './change.js';
import { createKeyFieldReaders } from './create-key-field-readers.js';
import { resolveNewEnd } from './end-of-key.js';
import { getLimitBounds, resolveNewLimits } from './limit-authority.js';
import type { ManagePorts } from './manage-ports.js';
import { credentialIdLength } from './mint-secret.js';
import { readFields } from './read-fields.js';

/** In characters. */
const maxSaltLength = 128;

/** What a row says of a key. */
interface RowFields extends KeyFields {
  readonly key: string;
  readonly hash: string;
  readonly visiblePart: string;
  readonly saltBefore: string;
  readonly saltAfter: string;
  readonly ownerId: string;
  readonly environment: string;
  readonly enabled: boolean;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly lastFour: string;
}

/** What a row says about the secret of its key. */
interface ReadSecret {
  /** What the id of the key follows from. */
  readonly place: string;
  /** In hexadecimal; `''` when there is a slow one. */
  readonly hash: string;
  /** `null` when the hash is fast. */
  readonly slowHash: string | null;
  /** `null` when the key is found by its hash. */
  readonly salts: RowSalts | null;
}

type SecretField = 'key' | 'hash' | 'visiblePart' | 'saltBefore' | 'saltAfter';
type SecretFields = { readonly [N in SecretField]: string | undefined };

/** A row that was read. */
export interface ReadRow {
  readonly fields: Omit<Partial<RowFields>, SecretField> &
    Pick<RowFields, 'name' | 'ownerId' | 'scopes' | 'environment'>;
  readonly secret: ReadSecret;
}

/**
 * Reads one row.
 *
 * @param now - epoch milliseconds: nothing was created or used later
 * @throws ApiKeysError `invalid_request` with every field that is missing, unknown or wrong, and never with its value
 */
export function readRow(
  { keyspace, keyspaces }: Pick<ManagePorts, 'keyspace' | 'keyspaces'>,
  format: ForeignFormat,
  row: unknown,
  now: number,
): ReadRow {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw createFieldError('row', 'must be an object with key or hash, ownerId, name and scopes');
  }
  refuseLostValues(row);
  const { omittedScopes } = keyspace.policy;
  const required: ('name' | 'ownerId' | 'scopes')[] = ['name', 'ownerId'];
  if (omittedScopes === null) required.push('scopes');
  const { key, hash, visiblePart, saltBefore, saltAfter, ...fields }: Partial<RowFields> = readFields<
    RowFields,
    'name' | 'ownerId' | 'scopes'
  >(
    row,
    {
      // Keys that have expired are imported as such.
      ...createKeyFieldReaders(keyspace, Number.NEGATIVE_INFINITY),
      key: parseText,
      hash: parseText,
      visiblePart: parseText,
      saltBefore: parseSalt,
      saltAfter: parseSalt,
      ownerId: parseNewOwnerId,
      environment: (value) => parseEnvironment(value, keyspace.environments),
      enabled: parseEnabled,
      createdAt: (value) => parsePast(value, now),
      lastUsedAt: (value) => (value === null ? null : parsePast(value, now)),
      lastFour: parseLastFour,
    },
    required,
  );
  const { name, ownerId, scopes = omittedScopes, environment = keyspace.environment } = fields;
  if (name === undefined || ownerId === undefined || scopes === null) {
    throw new TypeError('What a row needs was required and is missing');
  }
  return {
    fields: { ...fields, name, ownerId, scopes, environment },
    secret: readSecret(format, keyspaces, { key, hash, visiblePart, saltBefore, saltAfter }),
  };
}

/** What is `undefined` without harm: it restricts nothing, or something else says that it is missing. */
const mayBeUndefined: readonly string[] = [
  ...['ownerId', 'name', 'description', 'metadata', 'tags', 'createdAt', 'lastUsedAt', 'lastFour'],
  ...['key', 'hash', 'visiblePart', 'saltBefore', 'saltAfter'],
];

/** A column that is called otherwise must not make a key that never ends, or one that works although it was disabled. */
function refuseLostValues(row: object): void {
  const lost = Object.entries(row).filter(
    ([name, value]) => value === undefined && !mayBeUndefined.includes(name),
  );
  if (lost.length === 0) return;
  const errors = lost.map(([field]) => ({
    field,
    message: 'is undefined, which may be a column that is not there; leave it out to do without it',
  }));
  throw new ApiKeysError('invalid_request', { errors });
}

function readSecret(format: ForeignFormat, keyspaces: Keyspaces, fields: SecretFields): ReadSecret {
  for (const field of ['saltBefore', 'saltAfter'] as const) {
    if (fields[field] === undefined || format.takesSalts) continue;
    throw createFieldError(
      field,
      `leave it out: the format ${format.name} is not one of fast hashes with idOf`,
    );
  }
  return format.hasVisiblePart ? readVisible(format, fields) : readFastHash(format, keyspaces, fields);
}

/** Which key it is cannot be computed from a slow hash, nor from one with a salt of its own: the row says it. */
function readVisible(
  format: ForeignFormat,
  { key, hash, visiblePart, saltBefore, saltAfter }: SecretFields,
): ReadSecret {
  if (key !== undefined) throw createFieldError('key', 'give hash and visiblePart instead');
  if (visiblePart === undefined) {
    throw createFieldError('visiblePart', `is required: what idOf of the format ${format.name} returns`);
  }
  const stored = hash === undefined ? null : format.readHash(hash);
  if (stored === null || !isStorable(stored)) {
    throw createFieldError('hash', `must be ${format.hashForm}`);
  }
  const place = createVisiblePlace(format, visiblePart);
  if (!format.takesSalts) return { place, hash: '', slowHash: stored, salts: null };
  const salts = { before: saltBefore ?? '', after: saltAfter ?? '' };
  return { place, hash: stored, slowHash: null, salts };
}

function readFastHash(
  format: ForeignFormat,
  keyspaces: Keyspaces,
  { key, hash, visiblePart }: SecretFields,
): ReadSecret {
  if (visiblePart !== undefined) {
    throw createFieldError('visiblePart', `leave it out: the format ${format.name} has no idOf`);
  }
  if ((key === undefined) === (hash === undefined)) {
    throw createFieldError('key', 'give either key, as clients send it, or hash, as it was stored');
  }
  const read = key === undefined ? format.readHash(hash ?? '') : hashKey(format, keyspaces, key);
  if (read === null) {
    throw createFieldError('hash', `must be ${format.hashForm}`);
  }
  return { place: read, hash: read, slowHash: null, salts: null };
}

function hashKey(format: ForeignFormat, keyspaces: Keyspaces, key: string): string {
  if (keyspaces.parse(key) !== null) {
    throw createFieldError('key', 'is a key of our own format: it needs no import');
  }
  if (!keyspaces.foreign.listMatching(key).includes(format)) {
    throw createFieldError(
      'key',
      `does not match the pattern of the format ${format.name}, so it would be refused`,
    );
  }
  const parts = format.read(key);
  if (parts !== null) return parts.hash;
  throw createFieldError('key', `secretOf of the format ${format.name} finds nothing in it`);
}

/** Everything of the future key, and under which ids it may have been imported before. */
export interface ImportedKey {
  readonly record: ApiKeyRecord;
  /** Its own id first. */
  readonly ids: readonly string[];
}

/**
 * Makes a key from a row. What the other system stored is stored again: a fast hash under the pepper, a slow one as it is.
 *
 * @param now - epoch milliseconds
 * @throws ApiKeysError `invalid_request` for an end that the policy does not allow
 */
export function createImportedKey(
  ports: ManagePorts,
  context: ChangeContext,
  { fields, secret }: ReadRow,
  owner: OwnerStanding | null,
  now: number,
): ImportedKey {
  const { keyspace, digester, random } = ports;
  const { environment, createdAt = now, lastUsedAt = null, lastFour = '', ...said } = fields;
  const { plans, policy } = keyspace;
  const tokens = listForeignTokens(digester, environment, keyspace.format.id, {
    ...secret,
    comparison: null,
  });
  const [token] = tokens;
  if (token === undefined) throw new TypeError('a digester knows at least one pepper');
  const isFound = secret.slowHash === null && secret.salts === null;
  // Of other hashes no digest is known before the key is used.
  const digests = (isFound ? digester.pepperIds : []).map((pepperId) => [
    pepperId,
    digester.digest(pepperId, environment, token.id, token.secret),
  ]);
  const bounds = getLimitBounds(context, createAuthorityWithoutKey(null), plans.of(owner).keyCeilings, false);
  const lifetime = getLifetimeBounds(keyspace, owner);
  const expiresAt = resolveEnd(said.expiresAt, now, lifetime);
  const enforced = policy.enforceOnExisting ? { enforced: lifetime } : {};
  assertNotEnded({ expiresAt, createdAt, ...enforced }, now);
  const record: ApiKeyRecord = {
    ...createKeyFieldDefaults(),
    ...said,
    ...resolveNewLimits(bounds, said, policy.defaultRateLimits, now),
    expiresAt,
    maxIdleDays: lifetime.maxIdleDays,
    // What was not used for long is not refused on the day of the move.
    activatedAt: now,
    id: token.id,
    keyspace: keyspace.name,
    number: null,
    environment,
    revokedAt: null,
    revocationReason: null,
    revocationComment: null,
    hint: { prefix: importedHintPrefix, lastFour },
    version: 1,
    createdAt,
    createdBy: toAuditActor(context.actor),
    updatedAt: now,
    lastUsedAt,
    useCount: 0,
    lastUsedAddress: null,
    parentId: null,
    ancestors: noAncestors,
    owner,
    credentials: [
      {
        id: random.base62(credentialIdLength),
        kind: 'secret',
        bcryptHash: secret.slowHash ?? digestSalted(digester, environment, token, secret.salts),
        secretCheck: '',
        digests: Object.fromEntries(digests) as Record<string, string>,
        createdAt,
        endedAt: null,
        endsAt: null,
        graceFromFirstUseSeconds: null,
        sealedSecret: null,
      },
    ],
  };
  return { record, ids: tokens.map(({ id }) => id) };
}

/** A fast hash is of no use without the pepper, also where it has a salt. @returns `''` where it has none */
function digestSalted(
  digester: SecretDigester,
  environment: string,
  { id, secret }: ForeignToken,
  salts: RowSalts | null,
): string {
  const [pepperId] = digester.pepperIds;
  if (salts === null || pepperId === undefined) return '';
  return formatSaltedDigest({
    ...salts,
    pepperId,
    digest: digester.digest(pepperId, environment, id, secret),
  });
}

/** An end in the past stays; a key without one gets the latest that the policy allows. */
function resolveEnd(
  expiresAt: number | null | undefined,
  now: number,
  bounds: { readonly maxLifetimeDays: number | null },
): number | null {
  if (typeof expiresAt === 'number' && expiresAt <= now) return expiresAt;
  return resolveNewEnd(expiresAt ?? undefined, now, bounds);
}

/** Where the longest lifetime applies to all keys, an old one would be refused from its first request on. */
function assertNotEnded(key: Pick<ApiKeyRecord, 'expiresAt' | 'createdAt' | 'enforced'>, now: number): void {
  const end = getExpiresAt(key);
  const { expiresAt } = key;
  if (end === null || end > now || (expiresAt !== null && expiresAt <= now)) return;
  throw createFieldError(
    'createdAt',
    'the longest lifetime applies to all keys and is counted from here: the key would be refused; leave createdAt out to count from the import',
  );
}

function parseText(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new InvalidFieldError('must be a string');
  return value;
}

function parseSalt(value: unknown): string {
  if (typeof value !== 'string' || value.length > maxSaltLength || !isStorable(value)) {
    throw new InvalidFieldError(
      `must be a string of at most ${maxSaltLength} characters: the salt as it was hashed`,
    );
  }
  return value;
}

function parsePast(value: unknown, now: number): number {
  const time = parseMoment(value);
  if (time > now) throw new InvalidFieldError('must not be in the future');
  return time;
}

function parseLastFour(value: unknown): string {
  if (typeof value !== 'string' || !/^[\x21-\x7e]{0,4}$/.test(value)) {
    throw new InvalidFieldError('must be at most the last 4 characters of the key, for lists');
  }
  return value;
}

function createFieldError(field: string, message: string): ApiKeysError {
  return new ApiKeysError('invalid_request', { errors: [{ field, message }] });
}
