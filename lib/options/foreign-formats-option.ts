import { types } from 'node:util';
import { isImportableHash } from '../crypto/bcrypt-hash.js';
import {
  computeForeignHash,
  foreignHashes,
  parseForeignHash,
  type ForeignHashing,
  type ForeignHashName,
} from '../crypto/foreign-hash.js';
import { kdfForms, kdfNames, parseKdfHash, type KdfName } from '../crypto/kdf-hash.js';
import { hasArgon2 } from '../crypto/kdf-runner.js';
import { findPatternProblem } from '../domain/bounded-pattern.js';
import { createVisiblePlace, ForeignFormats, type ForeignFormat } from '../domain/foreign-format.js';
import { formatNamePattern } from '../domain/import-fields.js';
import type { RowSalts } from '../domain/salted-digest.js';
import { InvalidOptionError } from '../errors.js';
import { allowAbsent, takeFunction, takeOneOf, takeText, withDefault } from './option-readers.js';
import { readOptions, type OptionReader, type ReadersOf } from './read-options.js';

/**
 * One entry of the option `foreignFormats`: how the keys of an earlier system look, and what it stored of them.
 *
 * @example
 * createApiKeys({ ...options, foreignFormats: [{ name: 'legacy', pattern: /^sk_[A-Za-z0-9]{40}$/, hash: 'sha256' }] });
 */
export interface ForeignFormatOption {
  /** A lower-case word, for imports and messages. It can be changed later where keys are not found by `idOf`. */
  readonly name: string;
  /**
   * Matches every key of the earlier system as its clients send it, from `^` to `$`, and no key of ours. Every repetition has
   * an upper bound.
   */
  readonly pattern: RegExp;
  /**
   * The hash function of the earlier system; `sha256` also for keys that were stored as they are. `argon2id` needs Node.js 24.7.
   *
   * @default 'sha256'
   */
  readonly hash?: ForeignHashName | 'bcrypt' | KdfName | undefined;
  /** The secret of the HMAC, where the earlier system used one. */
  readonly hmacSecret?: string | undefined;
  /**
   * The salt that was put before every secret: one for all keys.
   *
   * @default none
   */
  readonly saltBefore?: string | undefined;
  /**
   * The salt that was put behind every secret: one for all keys.
   *
   * @default none
   */
  readonly saltAfter?: string | undefined;
  /**
   * Cuts out of a key what was hashed of it, for example `(key) => key.slice(key.indexOf('|') + 1)`. Pure, and without I/O.
   *
   * @default none - the whole key was hashed
   */
  readonly secretOf?: ((key: string) => string) | undefined;
  /**
   * Cuts out of a key the part that is no secret and by which the earlier system found its row, for example
   * `(key) => key.slice(3, 11)`. Required with `bcrypt`, `scrypt`, `pbkdf2` and `argon2id`, and where each key has a salt of its own. Pure, and without I/O.
   *
   * @default none
   */
  readonly idOf?: ((key: string) => string) | undefined;
}

/** How many formats there can be: each costs a hash and a lookup for strings that match it. */
const maxFormats = 8;

const readers = {
  name: takeText("a lower-case word, for example 'legacy'", formatNamePattern),
  pattern: readPattern,
  hash: withDefault(takeOneOf(...foreignHashes, 'bcrypt', ...kdfNames), 'sha256'),
  hmacSecret: allowAbsent(takeText('the secret of the HMAC, a string that is not empty', /^[^]+$/)),
  saltBefore: withDefault(takeText('a string'), ''),
  saltAfter: withDefault(takeText('a string'), ''),
  secretOf: allowAbsent(
    takeFunction<(key: string) => unknown>('a function that returns what was hashed of a key'),
  ),
  idOf: allowAbsent(
    takeFunction<(key: string) => unknown>('a function that returns the part of a key that is no secret'),
  ),
} satisfies ReadersOf<ForeignFormatOption>;

/** @throws InvalidOptionError */
export const readForeignFormats: OptionReader<ForeignFormats> = (value, path) => {
  if (value === undefined) return new ForeignFormats([]);
  if (!Array.isArray(value) || value.length > maxFormats) {
    throw new InvalidOptionError(
      `${path}: takes a list of at most ${maxFormats} formats, for example [{ name: 'legacy', pattern: /^sk_[A-Za-z0-9]{40}$/ }]`,
    );
  }
  const formats = Array.from(value, (each: unknown, index) => readForeignFormat(each, `${path}[${index}]`));
  const names = formats.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new InvalidOptionError(`${path}: uses a name twice`);
  return new ForeignFormats(formats);
};

function readForeignFormat(value: unknown, path: string): ForeignFormat {
  const read = readOptions(path, value, readers, {
    example: "{ name: 'legacy', pattern: /^sk_[A-Za-z0-9]{40}$/ }",
  });
  const { hash, idOf, hmacSecret, saltBefore, saltAfter } = read;
  if (!isFast(hash)) {
    if (hash === 'argon2id' && !hasArgon2) {
      throw new InvalidOptionError(
        `${path}.hash: argon2id needs Node.js 24.7 or newer, and this is ${process.version}; on older ones leave keys with Argon2 in the earlier system until they are replaced`,
      );
    }
    if (idOf === undefined) {
      throw new InvalidOptionError(
        `${path}.idOf: is required with ${hash}: one key is compared, and it has to be found first`,
      );
    }
    if (hmacSecret !== undefined || saltBefore + saltAfter !== '') {
      throw new InvalidOptionError(`${path}: ${hash} takes no hmacSecret, saltBefore or saltAfter`);
    }
    return createSlowFormat(read, hash, idOf);
  }
  return idOf === undefined
    ? createFastFormat({ ...read, hash })
    : createSaltedFormat({ ...read, hash }, idOf);
}

function isFast(hash: ForeignHashName | SlowHashName): hash is ForeignHashName {
  return foreignHashes.some((name) => name === hash);
}

type SlowHashName = 'bcrypt' | KdfName;

type FindPart = (key: string) => unknown;
type FormatParts = Pick<ForeignFormat, 'name' | 'pattern'> & {
  readonly secretOf: ((key: string) => unknown) | undefined;
};

function createFastFormat({
  name,
  pattern,
  secretOf,
  ...hashing
}: FormatParts & ForeignHashing): ForeignFormat {
  return {
    name,
    pattern,
    hasVisiblePart: false,
    takesSalts: false,
    read(key) {
      const secret = extractPart(secretOf, key);
      if (secret === null) return null;
      const hash = computeForeignHash(hashing, secret);
      return { place: hash, hash, comparison: null };
    },
    readHash: (stored) => parseForeignHash(hashing.hash, stored),
    hashForm: `a hash of the format ${name} in hex, base64 or base64url`,
  };
}

/** Slow hashes. */
function createSlowFormat(parts: FormatParts, hash: SlowHashName, idOf: FindPart): ForeignFormat {
  return {
    ...createVisibleFormat(parts, idOf, null),
    takesSalts: false,
    readHash: (stored) => (isHashOf(hash, stored) ? stored : null),
    hashForm: hash === 'bcrypt' ? 'a bcrypt hash as $2b$10$… with a cost from 4 to 14' : kdfForms[hash],
  };
}

/** Fast hashes with a salt for each key, which is in its row. */
function createSaltedFormat(
  { name, pattern, secretOf, ...hashing }: FormatParts & ForeignHashing,
  idOf: FindPart,
): ForeignFormat {
  const { saltBefore, saltAfter } = hashing;
  return {
    ...createVisibleFormat({ name, pattern, secretOf }, idOf, (secret, { before, after }) =>
      computeForeignHash(
        { ...hashing, saltBefore: before + saltBefore, saltAfter: saltAfter + after },
        secret,
      ),
    ),
    takesSalts: true,
    readHash: (stored) => parseForeignHash(hashing.hash, stored),
    hashForm: `a hash of the format ${name} in hex, base64 or base64url`,
  };
}

/** Keys that are found by their visible part. */
function createVisibleFormat(
  { name, pattern, secretOf }: FormatParts,
  idOf: FindPart,
  computeSalted: ((secret: string, salts: RowSalts) => string) | null,
): Pick<ForeignFormat, 'name' | 'pattern' | 'hasVisiblePart' | 'read'> {
  return {
    name,
    pattern,
    hasVisiblePart: true,
    read(key) {
      const visiblePart = extractPart(idOf, key);
      const secret = extractPart(secretOf, key);
      if (visiblePart === null || secret === null) return null;
      return {
        place: createVisiblePlace({ name }, visiblePart),
        hash: computeForeignHash(plainHash, secret),
        comparison: {
          secret,
          computeSalted: computeSalted === null ? null : (salts) => computeSalted(secret, salts),
        },
      };
    },
  };
}

function isHashOf(name: SlowHashName, stored: string): boolean {
  return name === 'bcrypt' ? isImportableHash(stored) : parseKdfHash(stored)?.kdf === name;
}

/** What takes the place of the slow hash once a key was used. */
const plainHash = { hash: 'sha256', hmacSecret: undefined, saltBefore: '', saltAfter: '' } as const;

/** A function that fails finds nothing, and the string is treated as an unknown key. */
function extractPart(find: ((key: string) => unknown) | undefined, key: string): string | null {
  if (find === undefined) return key;
  try {
    const part = find(key);
    return typeof part === 'string' && part !== '' ? part : null;
  } catch {
    return null;
  }
}

function readPattern(value: unknown, path: string): RegExp {
  if (!types.isRegExp(value)) {
    throw new InvalidOptionError(`${path}: takes a regular expression, for example /^sk_[A-Za-z0-9]{40}$/`);
  }
  const problem = findPatternProblem(value);
  if (problem !== null) throw new InvalidOptionError(`${path}: ${problem}`);
  return new RegExp(value);
}
