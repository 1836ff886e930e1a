import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { InvalidOptionError } from '../errors.js';

/** Minimum length of a pepper, in bytes of UTF-8. */
export const minPepperBytes = 32;
/** Maximum number of configured peppers. */
export const maxPeppers = 10;
/** The command that generates a pepper, for messages. */
export const pepperCommand = `node -e "console.log(require('node:crypto').randomBytes(32).toString('base64url'))"`;

/** A secret of the app that is not stored in any database. It cannot be printed: `key` is opaque. */
export interface Pepper {
  /** 16 hexadecimal characters of HMAC-SHA-256(pepper, "id"); stored beside everything that depends on it, and not a secret. */
  readonly id: string;
  readonly key: KeyObject;
}

/**
 * Reads the `pepper` option: one pepper, or the current one followed by earlier ones.
 *
 * Every process must know every pepper that any other process uses: a new pepper is rolled out as `[old, new]` first and as
 * `[new, old]` afterwards.
 *
 * @throws InvalidOptionError when one is too short or given twice, or when there are none or too many
 */
export function parsePeppers(input: string | readonly string[]): readonly [Pepper, ...Pepper[]] {
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  const [current, ...previous] = texts.map(parsePepper);
  if (current === undefined) {
    throw new InvalidOptionError(`pepper must name at least one pepper. Make one with: ${pepperCommand}`);
  }
  if (previous.length >= maxPeppers) {
    throw new InvalidOptionError(`pepper must name at most ${maxPeppers} peppers`);
  }
  if (new Set([current, ...previous].map((pepper) => pepper.id)).size <= previous.length) {
    throw new InvalidOptionError('pepper must not name the same pepper twice');
  }
  return [current, ...previous];
}

function parsePepper(text: unknown): Pepper {
  if (typeof text !== 'string' || Buffer.byteLength(text) < minPepperBytes) {
    throw new InvalidOptionError(
      `pepper must be a string of at least ${minPepperBytes} bytes, or a list of such strings. ` +
        `Make one with: ${pepperCommand}`,
    );
  }
  const key = createSecretKey(text, 'utf8');
  return { id: createHmac('sha256', key).update('id').digest('hex').slice(0, 16), key };
}
