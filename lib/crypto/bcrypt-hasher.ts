import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { InvalidOptionError } from '../errors.js';
import type { Logger } from '../ports/logger.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import {
  isComparableHash,
  isImportableHash,
  isWithinBcrypt,
  maxBcryptCost,
  minBcryptCost,
} from './bcrypt-hash.js';
import { createBcryptPool, type BcryptPool } from './bcrypt-pool.js';
import { createBcryptQueue, type BcryptLane } from './bcrypt-queue.js';
import { startBcryptWorker } from './bcrypt-worker.js';
import { parseKdfHash } from './kdf-hash.js';
import { createKdfRunner } from './kdf-runner.js';

/** Three quarters of the queue: however many keys one owner requests, there is room for the others. */
const maxMintingPerOwner = 192;

/** Other slow hashes take up to 128 MiB each while they are compared, and a thread of the four that Node.js has for files too. */
const maxConcurrentKdf = 2;

/** Options of the hasher. */
export interface SecretHasherOptions {
  /** 2^cost rounds for new hashes, 8 to 14. @default 10 */
  readonly cost?: number | undefined;
  /** Maximum number of worker threads; they are started on demand. @default one less than the cores, at least 1 */
  readonly workers?: number | undefined;
  /** Maximum number of tasks that wait in each lane. @default 64 matching, 256 minting */
  readonly maxQueue?: Partial<Readonly<Record<BcryptLane, number>>> | undefined;
  /** How long a task may wait, and then run, in milliseconds. @default 2,000 matching, 10,000 minting */
  readonly deadlineMs?: Partial<Readonly<Record<BcryptLane, number>>> | undefined;
  /** Warned once when no worker can be started. */
  readonly logger: Logger;
}

/**
 * Hashes secrets with bcrypt in worker threads. They are started on first use and do not keep the process alive.
 *
 * @throws InvalidOptionError when the cost is not a whole number from 8 to 14
 */
export function createSecretHasher(options: SecretHasherOptions): SecretHasher {
  const {
    cost = 10,
    workers = Math.max(1, availableParallelism() - 1),
    maxQueue,
    deadlineMs,
    logger,
  } = options;
  if (!Number.isInteger(cost) || cost < minBcryptCost || cost > maxBcryptCost) {
    throw new InvalidOptionError(
      `bcryptCost: must be a whole number from ${minBcryptCost} to ${maxBcryptCost}`,
    );
  }
  const bounds = {
    matching: { maxQueue: maxQueue?.matching ?? 64, deadlineMs: deadlineMs?.matching ?? 2000 },
    minting: {
      maxQueue: maxQueue?.minting ?? 256,
      maxPerShare: maxMintingPerOwner,
      deadlineMs: deadlineMs?.minting ?? 10_000,
    },
  };
  const pool = createBcryptPool({
    size: workers,
    queue: createBcryptQueue(bounds),
    logger,
    startWorker: startBcryptWorker,
  });
  const kdfPool = createBcryptPool({
    size: maxConcurrentKdf,
    queue: createBcryptQueue(bounds),
    logger,
    startWorker: createKdfRunner,
  });
  const matchesInFlight = new Map<string, Promise<boolean>>();

  async function compare(
    { run }: Pick<BcryptPool, 'run'>,
    input: string,
    hash: string,
    share?: string,
  ): Promise<boolean> {
    // No hash contains NUL, so no two tasks share a key.
    const taskKey = `${hash}\0${input}`;
    const inFlight = matchesInFlight.get(taskKey);
    if (inFlight !== undefined) return inFlight;
    const result = run('matching', { input, hash }, share).then((matched) => matched === true);
    matchesInFlight.set(taskKey, result);
    try {
      return await result;
    } finally {
      matchesInFlight.delete(taskKey);
    }
  }

  return {
    async hash(secret, ownerId) {
      return String(await pool.run('minting', { input: toBcryptInput(secret), cost }, ownerId));
    },

    matches: async (secret, hash) => isComparableHash(hash) && compare(pool, toBcryptInput(secret), hash),

    async matchesImported(secret, hash) {
      if (parseKdfHash(hash) !== null) {
        // HMAC, and so PBKDF2 and scrypt, takes "key" and "key\0" for the same.
        return !secret.includes('\0') && compare(kdfPool, secret, hash);
      }
      return isImportableHash(hash) && isWithinBcrypt(secret) && compare(pool, secret, hash, 'imported');
    },

    async close() {
      await Promise.all([pool.close(), kdfPool.close()]);
    },
  };
}

/**
 * 44 printable characters for every secret: bcrypt ignores everything after 72 bytes and mishandles NUL (OWASP Password
 * Storage Cheat Sheet, "Pre-Hashing Passwords"), and neither can happen here.
 */
function toBcryptInput(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
