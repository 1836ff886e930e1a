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
import { createBcryptQueue, type BcryptLane, type LaneBounds } from './bcrypt-queue.js';
import { startBcryptWorker } from './bcrypt-worker.js';
import { parseKdfHash } from './kdf-hash.js';
import { createKdfRunner } from './kdf-runner.js';

/** However many keys one owner requests, or one network tries, there is room for the others. */
const limitShares = (bounds: LaneBounds): LaneBounds => ({
  ...bounds,
  maxPerShare: Math.ceil(0.75 * bounds.maxQueue),
});

/** Other slow hashes take up to 128 MiB each while they are compared, and a thread of the four that Node.js has for files too. */
const maxConcurrentKdf = 2;

/** A bound for secrets that are compared, and one for new ones. */
export type HasherBounds = Partial<Readonly<Record<'matching' | 'minting', number>>>;

/** Options of the hasher. */
export interface SecretHasherOptions {
  /** 2^cost rounds for new hashes, 8 to 14. @default 10 */
  readonly cost?: number | undefined;
  /** Maximum number of worker threads; they are started on demand. @default one less than the cores, at least 1 */
  readonly workers?: number | undefined;
  /** Maximum number of tasks that wait in each lane; `matching` is for both lanes that match. @default 64 matching, 256 minting */
  readonly maxQueue?: HasherBounds | undefined;
  /** How long a task may wait, and then run (five times as long for hashes of other systems), in milliseconds. @default 2,000 matching, 10,000 minting */
  readonly deadlineMs?: HasherBounds | undefined;
  /** Called when a hash was computed, or failed. Default: nobody counts them. */
  readonly onHash?: ((lane: BcryptLane, isDone: boolean) => void) | undefined;
  /** Warned once when no worker can be started. */
  readonly logger: Logger;
}

/** A hasher whose queues can be looked at. */
export interface WorkerHasher extends SecretHasher {
  /** How many tasks wait in each lane. */
  countWaiting(): Readonly<Record<BcryptLane, number>>;
}

/**
 * Hashes secrets with bcrypt in worker threads. They are started on first use and do not keep the process alive.
 *
 * @throws InvalidOptionError when the cost is not a whole number from 8 to 14
 */
export function createSecretHasher(options: SecretHasherOptions): WorkerHasher {
  const {
    cost = 10,
    workers = Math.max(1, availableParallelism() - 1),
    maxQueue,
    deadlineMs,
    onHash,
    logger,
  } = options;
  if (!Number.isInteger(cost) || cost < minBcryptCost || cost > maxBcryptCost) {
    throw new InvalidOptionError(
      `bcryptCost: must be a whole number from ${minBcryptCost} to ${maxBcryptCost}`,
    );
  }
  const matching = { maxQueue: maxQueue?.matching ?? 64, deadlineMs: deadlineMs?.matching ?? 2000 };
  const minting = { maxQueue: maxQueue?.minting ?? 256, deadlineMs: deadlineMs?.minting ?? 10_000 };
  // Costs of other systems may be higher than ours, and such a hash is computed once for a key.
  const importedMatching = limitShares({ ...matching, runMs: 5 * matching.deadlineMs });
  const bounds = { matching, importedMatching, minting: limitShares(minting) };
  const queue = createBcryptQueue(bounds);
  const kdfQueue = createBcryptQueue(bounds);
  const pool = createBcryptPool({
    size: workers,
    queue,
    logger,
    startWorker: startBcryptWorker,
  });
  const kdfPool = createBcryptPool({
    size: maxConcurrentKdf,
    queue: kdfQueue,
    logger,
    startWorker: createKdfRunner,
  });
  const runBcrypt = onHash === undefined ? pool.run : countResults(pool.run, onHash);
  const runKdf = onHash === undefined ? kdfPool.run : countResults(kdfPool.run, onHash);
  const matchesInFlight = new Map<string, Promise<boolean>>();

  async function compare(
    run: BcryptPool['run'],
    lane: Exclude<BcryptLane, 'minting'>,
    { input, hash, share }: Readonly<{ input: string; hash: string; share?: string | undefined }>,
  ): Promise<boolean> {
    // No hash contains NUL, so no two tasks share a key.
    const taskKey = `${hash}\0${input}`;
    const inFlight = matchesInFlight.get(taskKey);
    if (inFlight !== undefined) return inFlight;
    const result = run(lane, { input, hash }, share).then((matched) => matched === true);
    matchesInFlight.set(taskKey, result);
    try {
      return await result;
    } finally {
      matchesInFlight.delete(taskKey);
    }
  }

  return {
    async hash(secret, ownerId) {
      return String(await runBcrypt('minting', { input: toBcryptInput(secret), cost }, ownerId));
    },

    matches: async (secret, hash) =>
      isComparableHash(hash) && compare(runBcrypt, 'matching', { input: toBcryptInput(secret), hash }),

    async matchesImported(secret, hash, network) {
      const task = { input: secret, hash, share: network };
      if (parseKdfHash(hash) !== null) {
        // HMAC, and so PBKDF2 and scrypt, takes "key" and "key\0" for the same.
        return !secret.includes('\0') && compare(runKdf, 'importedMatching', task);
      }
      return isImportableHash(hash) && isWithinBcrypt(secret) && compare(runBcrypt, 'importedMatching', task);
    },

    countWaiting() {
      const countIn = (lane: BcryptLane): number => queue.countWaiting(lane) + kdfQueue.countWaiting(lane);
      return {
        matching: countIn('matching'),
        importedMatching: countIn('importedMatching'),
        minting: countIn('minting'),
      };
    },

    async close() {
      await Promise.all([pool.close(), kdfPool.close()]);
    },
  };
}

/** Counts what comes of hashes, without changing it. */
function countResults(
  run: BcryptPool['run'],
  onHash: NonNullable<SecretHasherOptions['onHash']>,
): BcryptPool['run'] {
  return async (lane, ...rest) => {
    let isDone = false;
    try {
      const result = await run(lane, ...rest);
      isDone = true;
      return result;
    } finally {
      onHash(lane, isDone);
    }
  };
}

/**
 * 44 printable characters for every secret: bcrypt ignores everything after 72 bytes and mishandles NUL (OWASP Password
 * Storage Cheat Sheet, "Pre-Hashing Passwords"), and neither can happen here.
 */
function toBcryptInput(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
