import { limitLifetime } from '../../domain/limit-lifetime.js';
import type { Keyspace } from '../../domain/keyspace.js';
import { InvalidFieldError, parseExpiresAt, parseName, parseScopes } from '../../domain/key-fields.js';
import type { ScopeCatalogue } from '../../domain/scope-catalogue.js';
import { ApiKeysError } from '../../errors.js';
import { readFields } from '../../manage/read-fields.js';
import type { JsonRecord } from '../parse-json-object.js';

/** The fields of a new key. Times are epoch milliseconds. */
export interface NewKeyFields {
  readonly name: string;
  /** `null`: omitted. */
  readonly permissions: readonly string[] | null;
  /** `null`: never. */
  readonly expiresAt: number | null;
}

const dayMs = 24 * 60 * 60 * 1000;
/** A hundred years. */
const maxDays = 36_500;

/**
 * Reads the complete body of a request for a new key, before a code of a second factor is used up for it.
 *
 * @param now - epoch milliseconds
 * @throws ApiKeysError `invalid_request` with every field that is missing, unknown or invalid, by its name in the body
 */
export function readNewKey(
  body: JsonRecord | null,
  { catalogue, policy: { maxLifetimeDays } }: Pick<Keyspace, 'catalogue' | 'policy'>,
  now: number,
): NewKeyFields {
  // Here null stands for an end that is left out.
  const limitEnd = (end: number | null): number | null =>
    end === null ? null : limitLifetime(end, now, maxLifetimeDays);
  const {
    name,
    permissions = null,
    expires_at: expiresAt = null,
    expires_in_days: end = null,
  } = readFields<NewKeyBody, 'name'>(
    body ?? {},
    {
      name: parseName,
      permissions: (value) => (value === null ? null : parseScopes(value, catalogue)),
      expires_at: (value) => limitEnd(parseExpiresAt(addOffset(value), now)),
      expires_in_days: (value) => (value === null ? null : limitEnd(now + parseDays(value) * dayMs)),
      two_factor_token: parseString,
    },
    ['name'],
  );
  if (expiresAt !== null && end !== null) {
    const errors = [{ field: 'expires_in_days', message: 'must be left out where expires_at is sent' }];
    throw new ApiKeysError('invalid_request', { errors });
  }
  return { name, permissions, expiresAt: expiresAt ?? end };
}

interface NewKeyBody extends CodeInBody {
  readonly name: string;
  readonly permissions: readonly string[] | null;
  readonly expires_at: number | null;
  readonly expires_in_days: number | null;
}

/** The code of a second factor, when it is not in its header. */
interface CodeInBody {
  readonly two_factor_token: string;
}

/** Reads the new permissions of a key: they are required, and `[]` means none. */
export function readPermissions(body: JsonRecord | null, catalogue: ScopeCatalogue): readonly string[] {
  const readers = {
    permissions: (value: unknown) => parseScopes(value, catalogue),
    two_factor_token: parseString,
  };
  return readFields<CodeInBody & { permissions: readonly string[] }, 'permissions'>(body ?? {}, readers, [
    'permissions',
  ]).permissions;
}

/** Reads a body without fields: an unknown field must not be silently ignored. */
export function readNothing(body: JsonRecord | null): void {
  readFields<CodeInBody>(body ?? {}, { two_factor_token: parseString }, []);
}

/** Reads the two parts of a key that are exchanged for a token, without checking whether they are valid. */
export function readPair(body: JsonRecord | null): { readonly api_key: string; readonly api_secret: string } {
  return readFields<{ api_key: string; api_secret: string }, 'api_key' | 'api_secret'>(
    body ?? {},
    { api_key: parseString, api_secret: parseString },
    ['api_key', 'api_secret'],
  );
}

/**
 * Reads the body of the older endpoint, whose clients have one string for both parts of a key: `api_key:api_secret`. `email`
 * named the account, which the key already does.
 */
export function readOlderPair(body: JsonRecord | null): ReturnType<typeof readPair> {
  const { api_key: both, api_secret: secret } = readFields<
    { email: string; api_key: string; api_secret: string },
    'email' | 'api_key'
  >(body ?? {}, { email: parseString, api_key: parseString, api_secret: parseString }, ['email', 'api_key']);
  if (secret !== undefined) return { api_key: both, api_secret: secret };
  const colon = both.indexOf(':');
  return colon === -1
    ? { api_key: both, api_secret: '' }
    : { api_key: both.slice(0, colon), api_secret: both.slice(colon + 1) };
}

/** ISO 8601 allows times without an offset, which are read as UTC, and dates, which mean the first moment of the day. */
function addOffset(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return `${value}T00:00:00Z`;
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?$/.test(value) ? `${value}Z` : value;
}

function parseDays(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maxDays) return value;
  throw new InvalidFieldError(`must be a whole number of days from 1 to ${maxDays}, or null`);
}

function parseString(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new InvalidFieldError('must be a string');
}
