import { isIP } from 'node:net';
import { isDeepStrictEqual, types } from 'node:util';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { readOnlyFieldNames, toApiKey } from '../domain/api-key-view.js';
import { getExpiresAt } from '../domain/key-lifetime.js';
import { ApiKeysError, isProblem } from '../errors.js';
import type { KeyInput } from './change.js';
import { ParsedFields, type DoubtfulFields } from './parsed-fields.js';

/** Fields that grow by themselves: whether a value can have been read before the one that is shown now. */
const earlierValues: Readonly<Record<string, (sent: unknown, shown: unknown) => boolean>> = {
  useCount: (sent, shown) => Number.isSafeInteger(sent) && Number(sent) >= 0 && Number(sent) <= Number(shown),
  lastUsedAt: (sent, shown) =>
    sent === null || (isTime(sent) && isTime(shown) && Date.parse(sent) <= Date.parse(shown)),
  idleAt: (sent, shown) => isTime(sent) && isTime(shown) && Date.parse(sent) <= Date.parse(shown),
  lastUsedAddress: (sent, shown) =>
    sent === null || (shown !== null && typeof sent === 'string' && isIP(sent) !== 0),
};

/**
 * Reads the fields of a change. Values that are refused are kept aside, because a key may have them already: they were
 * accepted under other options, or at another time, or are read-only.
 *
 * @param read - throws `invalid_request` with every field that is refused
 */
export function readRequestedChanges<T extends object>(
  input: KeyInput,
  read: (input: KeyInput) => T,
): { readonly values: T; readonly doubtful: DoubtfulFields | null } {
  if (input instanceof ParsedFields) return { values: read(input), doubtful: input.doubtful };
  const { rest, doubtful } = splitReadOnly(input);
  try {
    return { values: read(rest), doubtful };
  } catch (error) {
    const refused = addRefused(doubtful, rest, error);
    const accepted = Object.entries(rest).filter(([name]) => !Object.hasOwn(refused.sent, name));
    return { values: read(Object.fromEntries(accepted)), doubtful: refused };
  }
}

/** Splits off the fields that no change can set. */
export function splitReadOnly(input: Readonly<Record<string, unknown>>): {
  readonly rest: Readonly<Record<string, unknown>>;
  readonly doubtful: DoubtfulFields | null;
} {
  const names = readOnlyFieldNames.filter((name) => Object.hasOwn(input, name) && input[name] !== undefined);
  if (names.length === 0) return { rest: input, doubtful: null };
  const rest = Object.assign(Object.create(null) as Record<string, unknown>, input);
  for (const name of names) delete rest[name];
  const errors = names.map((field) => ({
    field,
    message: 'is read-only: leave it out, or send it back as it was read',
  }));
  return { rest, doubtful: { sent: Object.fromEntries(names.map((name) => [name, input[name]])), errors } };
}

/**
 * Adds the fields that an error refuses.
 *
 * @throws the error itself when it refuses anything else
 */
export function addRefused(
  doubtful: DoubtfulFields | null,
  input: Readonly<Record<string, unknown>>,
  error: unknown,
): DoubtfulFields {
  if (!(error instanceof ApiKeysError) || !isProblem(error, 'invalid_request')) throw error;
  const { errors = [] } = error;
  if (errors.length === 0 || !errors.every(({ field }) => Object.hasOwn(input, field))) throw error;
  const sent = errors.map(({ field }) => [field, input[field]] as const);
  return {
    sent: { ...doubtful?.sent, ...(Object.fromEntries(sent) as Readonly<Record<string, unknown>>) },
    errors: [...errors, ...(doubtful?.errors ?? [])],
  };
}

/**
 * Accepts refused values that are those of the key, and nothing else.
 *
 * @param now - epoch milliseconds
 * @throws ApiKeysError `invalid_request` with the others
 */
export function assertUnchanged(doubtful: DoubtfulFields | null, record: ApiKeyRecord, now: number): void {
  if (doubtful === null) return;
  const { sent, errors } = doubtful;
  const shown = toJson(toApiKey(record, now)) as Readonly<Record<string, unknown>>;
  const isChanged = (name: string): boolean => {
    if (!Object.hasOwn(shown, name)) return true;
    const value = toJson(sent[name]);
    return !isSame(shown[name], value) && earlierValues[name]?.(value, shown[name]) !== true;
  };
  const changed = errors.filter(({ field }) => isChanged(field));
  if (changed.length > 0) throw new ApiKeysError('invalid_request', { errors: changed });
}

/**
 * Refuses invalid fields before anything else is done: an actor that cannot see the key gets the same problems.
 *
 * @throws ApiKeysError `invalid_request`
 */
export async function assertMayBeUnchanged(
  readKey: () => Promise<ApiKeyRecord>,
  doubtful: DoubtfulFields | null,
  now: number,
): Promise<void> {
  if (doubtful === null) return;
  const record = await readKey().catch((error: unknown) => {
    throw isProblem(error, 'unavailable')
      ? error
      : new ApiKeysError('invalid_request', { errors: doubtful.errors });
  });
  assertUnchanged(doubtful, record, now);
}

/** Returns the values that differ from those of the key. */
export function selectChanged<T extends object>(values: T, record: ApiKeyRecord, now: number): Partial<T> {
  const { credits } = toApiKey(record, now);
  const current: Readonly<Record<string, unknown>> = { ...record, credits, expiresAt: getExpiresAt(record) };
  const changed = Object.entries(values).filter(
    ([name, value]) => !isDeepStrictEqual(toJson(value), toJson(current[name])),
  );
  return Object.fromEntries(changed) as Partial<T>;
}

/** Times are the same in any spelling. */
function isSame(shown: unknown, sent: unknown): boolean {
  if (isDeepStrictEqual(shown, sent)) return true;
  return isTime(shown) && isTime(sent) && Date.parse(shown) === Date.parse(sent);
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/i.test(value);
}

/** Returns a value as it is in an answer over HTTP; `undefined` for what cannot be there. */
function toJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value, keepInvalid)) as unknown;
  } catch {
    return undefined;
  }
}

/** Without what JSON would turn into a valid value of a field: numbers and times that are none, and objects that convert. */
function keepInvalid(this: unknown, name: string, value: unknown): unknown {
  const sent = (this as Readonly<Record<string, unknown>>)[name];
  if (typeof sent === 'number') return Number.isFinite(sent) ? value : invalid;
  if (typeof sent !== 'object' || sent === null) return value;
  if (sent instanceof Date) return Number.isNaN(sent.getTime()) ? invalid : value;
  return types.isBoxedPrimitive(sent) || 'toJSON' in sent ? invalid : value;
}

/** Equal to no value that is shown: as the whole value of a field it is an object with this member. */
const invalid = { isInvalid: true };
