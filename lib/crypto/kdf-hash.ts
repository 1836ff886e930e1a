/** Key derivation functions with which other systems hash keys, besides bcrypt. */
export const kdfNames = ['scrypt', 'pbkdf2', 'argon2id'] as const;

/** The name of such a function. */
export type KdfName = (typeof kdfNames)[number];

interface KdfOutput {
  readonly salt: Buffer;
  readonly derived: Buffer;
}

/** A hash made with scrypt (RFC 7914). */
export interface ScryptHash extends KdfOutput {
  readonly kdf: 'scrypt';
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
}

/** A hash made with PBKDF2 (RFC 8018). */
export interface Pbkdf2Hash extends KdfOutput {
  readonly kdf: 'pbkdf2';
  readonly digest: string;
  readonly iterations: number;
}

/** A hash made with Argon2id (RFC 9106). */
export interface Argon2Hash extends KdfOutput {
  readonly kdf: 'argon2id';
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** A stored hash, taken apart. */
export type KdfHash = ScryptHash | Pbkdf2Hash | Argon2Hash;

/** The strongest settings that OWASP names are within these bounds; a hash that was planted in a database is not computed. */
const maxMemoryBytes = 128 * 2 ** 20;
/** scrypt takes time in proportion to N * r * p. */
const maxScryptSteps = 2 ** 20;
const maxIterations = 2_000_000;
/** Argon2 takes time in proportion to memory * passes. */
const maxArgon2Kib = 2 ** 19;
const maxLanes = 16;

const digestBytes: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 };

/** What a row has to give for each function. */
export const kdfForms: Readonly<Record<KdfName, string>> = {
  scrypt:
    'a scrypt hash as $scrypt$ln=15,r=8,p=1$<salt>$<hash> or scrypt:32768:8:1$<salt>$<hash>, with at most ln=17 for r=8, p=1',
  pbkdf2:
    'a PBKDF2 hash as pbkdf2_sha256$<iterations>$<salt>$<hash> or $pbkdf2-sha256$i=<iterations>$<salt>$<hash>, with at most 2,000,000 iterations (1,000,000 of SHA-512)',
  argon2id:
    'an Argon2id hash as $argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>, with at most m=131072, and t=4 for that',
};

type Parts = Readonly<Record<string, string | undefined>>;

interface Form {
  readonly pattern: RegExp;
  readonly read: (parts: Parts) => KdfHash;
}

/** The forms in which hashes are stored. A salt is base64 in the PHC string format, and text elsewhere. */
const forms: readonly Form[] = [
  {
    pattern:
      /^\$scrypt\$ln=(?<ln>\d{1,2}),r=(?<r>\d{1,2}),p=(?<p>\d{1,2})\$(?<salt>[^$]{1,96})\$(?<hash>[^$]{1,96})$/,
    read: ({ ln, ...parts }) =>
      readScrypt(2 ** Number(ln), parts, readBase64(parts['salt']), readBase64(parts['hash'])),
  },
  // Werkzeug.
  {
    pattern:
      /^scrypt:(?<n>\d{1,7}):(?<r>\d{1,2}):(?<p>\d{1,2})\$(?<salt>[^$]{1,64})\$(?<hash>[0-9a-f]{32,128})$/,
    read: ({ n, ...parts }) => readScrypt(Number(n), parts, readText(parts['salt']), readHex(parts['hash'])),
  },
  // passlib has the number of iterations alone.
  {
    pattern:
      /^\$pbkdf2(?:-(?<digest>sha1|sha256|sha512))?\$(?:i=)?(?<i>\d{1,7})(?:,l=\d{1,3})?\$(?<salt>[^$]{1,96})\$(?<hash>[^$]{1,96})$/,
    read: (parts) => readPbkdf2(parts, readBase64(parts['salt']), readBase64(parts['hash'])),
  },
  // Django.
  {
    pattern: /^pbkdf2_(?<digest>sha1|sha256)\$(?<i>\d{1,7})\$(?<salt>[^$]{1,64})\$(?<hash>[^$]{1,96})$/,
    read: (parts) => readPbkdf2(parts, readText(parts['salt']), readBase64(parts['hash'])),
  },
  // Werkzeug.
  {
    pattern:
      /^pbkdf2:(?<digest>sha1|sha256|sha512):(?<i>\d{1,7})\$(?<salt>[^$]{1,64})\$(?<hash>[0-9a-f]{32,128})$/,
    read: (parts) => readPbkdf2(parts, readText(parts['salt']), readHex(parts['hash'])),
  },
  {
    pattern:
      /^\$argon2id\$v=19\$m=(?<m>\d{1,6}),t=(?<t>\d{1,4}),p=(?<p>\d{1,2})\$(?<salt>[^$]{1,96})\$(?<hash>[^$]{1,96})$/,
    read: ({ m, t, p, salt, hash }) => ({
      kdf: 'argon2id',
      memoryKib: Number(m),
      passes: Number(t),
      parallelism: Number(p),
      salt: readBase64(salt),
      derived: readBase64(hash),
    }),
  },
];

/**
 * Takes a stored hash apart.
 *
 * @returns `null` when it has none of the forms, or would take too much memory or time
 */
export function parseKdfHash(stored: string): KdfHash | null {
  for (const { pattern, read } of forms) {
    const parts = pattern.exec(stored)?.groups;
    if (parts === undefined) continue;
    const hash = read(parts);
    return isWithinBounds(hash) ? hash : null;
  }
  return null;
}

function readScrypt(cost: number, { r, p }: Parts, salt: Buffer, derived: Buffer): ScryptHash {
  return { kdf: 'scrypt', cost, blockSize: Number(r), parallelization: Number(p), salt, derived };
}

function readPbkdf2({ digest = 'sha1', i }: Parts, salt: Buffer, derived: Buffer): Pbkdf2Hash {
  return { kdf: 'pbkdf2', digest, iterations: Number(i), salt, derived };
}

function isWithinBounds(hash: KdfHash): boolean {
  const { salt, derived } = hash;
  if (salt.length === 0 || salt.length > 64 || derived.length < 16 || derived.length > 64) return false;
  if (hash.kdf === 'scrypt') return isScryptWithinBounds(hash);
  if (hash.kdf === 'argon2id') return isArgon2WithinBounds(hash);
  const { iterations, digest } = hash;
  const blocks = Math.ceil(derived.length / (digestBytes[digest] ?? 1));
  // SHA-512 takes about twice as long, and one comparison must end well before its deadline.
  const cost = digest === 'sha512' ? 2 * blocks : blocks;
  return iterations >= 1 && iterations * cost <= maxIterations;
}

function isScryptWithinBounds({ cost, blockSize, parallelization }: ScryptHash): boolean {
  const isValid = cost > 1 && Number.isInteger(Math.log2(cost)) && Math.log2(cost) < 16 * blockSize;
  return (
    isValid &&
    parallelization >= 1 &&
    128 * cost * blockSize <= maxMemoryBytes &&
    cost * blockSize * parallelization <= maxScryptSteps
  );
}

function isArgon2WithinBounds({ memoryKib, passes, parallelism, salt }: Argon2Hash): boolean {
  const isValid = parallelism >= 1 && passes >= 1 && memoryKib >= 8 * parallelism && salt.length >= 8;
  return (
    isValid &&
    parallelism <= maxLanes &&
    memoryKib * 1024 <= maxMemoryBytes &&
    memoryKib * passes <= maxArgon2Kib
  );
}

/** Empty when it is none. passlib has "." for "+". */
function readBase64(text: string | undefined = ''): Buffer {
  const standard = text.replaceAll('.', '+');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(standard) ? Buffer.from(standard, 'base64') : Buffer.alloc(0);
}

function readHex(text: string | undefined = ''): Buffer {
  return Buffer.from(text, 'hex');
}

function readText(text: string | undefined = ''): Buffer {
  return Buffer.from(text);
}
