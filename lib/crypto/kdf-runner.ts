import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { BcryptResult, BcryptRunner, BcryptTask } from './bcrypt-task.js';
import { parseKdfHash, type Argon2Hash, type KdfHash, type ScryptHash } from './kdf-hash.js';

/** What Node.js has since 24.7. */
interface Argon2Module {
  readonly argon2?: (
    algorithm: 'argon2id',
    parameters: Readonly<Record<string, unknown>>,
    done: (error: Error | null, derived: Buffer) => void,
  ) => void;
}

const { argon2 } = process.getBuiltinModule('node:crypto') as Argon2Module;

/** Whether this Node.js computes Argon2. */
export const hasArgon2: boolean = argon2 !== undefined;

const derivePbkdf2 = promisify(pbkdf2);

/** Compares a secret with hashes of {@link parseKdfHash} in the threads that Node.js has for that, one at a time. */
export function createKdfRunner(): BcryptRunner {
  let current: Promise<BcryptResult> | undefined;

  return {
    run(task) {
      current = compare(task);
      return current;
    },
    hasStarted: () => true,
    exited: new Promise(() => undefined),
    // What was started cannot be interrupted, and a second one must not take its memory beside it.
    stop: async () => {
      await current?.catch(() => undefined);
    },
  };
}

async function compare(task: BcryptTask): Promise<boolean> {
  const hash = 'hash' in task ? parseKdfHash(task.hash) : null;
  if (hash === null) return false;
  return timingSafeEqual(await derive(task.input, hash), hash.derived);
}

async function derive(input: string, hash: KdfHash): Promise<Buffer> {
  if (hash.kdf === 'scrypt') return deriveScrypt(input, hash);
  if (hash.kdf === 'argon2id') return deriveArgon2(input, hash);
  const { salt, iterations, derived, digest } = hash;
  return derivePbkdf2(input, salt, iterations, derived.length, digest);
}

async function deriveScrypt(
  input: string,
  { cost, blockSize, parallelization, salt, derived }: ScryptHash,
): Promise<Buffer> {
  // What RFC 7914 needs, and a little: the default of Node.js is 32 MiB.
  const maxmem = 128 * blockSize * (cost + parallelization + 4);
  const options = { cost, blockSize, parallelization, maxmem };
  return new Promise((resolve, reject) => {
    scrypt(input, salt, derived.length, options, (error, made) => {
      if (error === null) resolve(made);
      else reject(error);
    });
  });
}

async function deriveArgon2(
  input: string,
  { memoryKib: memory, passes, parallelism, salt, derived }: Argon2Hash,
): Promise<Buffer> {
  if (argon2 === undefined) throw new Error('this Node.js has no Argon2: it came with 24.7');
  const parameters = { message: input, nonce: salt, parallelism, tagLength: derived.length, memory, passes };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, made) => {
      if (error === null) resolve(made);
      else reject(error);
    });
  });
}
