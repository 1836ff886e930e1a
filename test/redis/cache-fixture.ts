import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { VerifiableKey } from '../../lib/domain/api-key.js';
import type { VerifiableCredential } from '../../lib/domain/credential.js';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import {
  createRedisVerificationCache,
  type RedisVerificationCacheOptions,
} from '../../lib/redis/redis-verification-cache.js';
import type { Logger } from '../../lib/ports/logger.js';
import type { FeedPosition } from '../../lib/ports/change-feed.js';
import type { CachedCopy, VerificationCache } from '../../lib/ports/verification-cache.js';

/** What a cache reported to operators. */
export interface RecordedLogger extends Logger {
  readonly messages: readonly string[];
}

export function createRecordedLogger(): RecordedLogger {
  const messages: string[] = [];
  const record = (message: string, details?: unknown): void => {
    messages.push(details === undefined ? message : `${message} ${JSON.stringify(details)}`);
  };
  return { messages, warn: record, error: record };
}

export const systemClock = { now: () => Date.now() };

export function makePepper(): string {
  return randomBytes(32).toString('base64url');
}

export type TestCacheOptions = Partial<Omit<RedisVerificationCacheOptions, 'peppers'>> & {
  readonly peppers?: readonly string[];
};

const opened: VerificationCache[] = [];

/** A cache on the run's Redis, with a prefix and a pepper of its own unless given. */
export async function openCache(
  options: TestCacheOptions = {},
): Promise<VerificationCache & { readonly logger: RecordedLogger }> {
  const logger = createRecordedLogger();
  const cache = createRedisVerificationCache({
    connection: process.env.TEST_REDIS_URL ?? '',
    keyPrefix: makePrefix(),
    clock: systemClock,
    logger,
    ...options,
    peppers: parsePeppers(options.peppers ?? [makePepper()]),
  });
  opened.push(cache);
  await cache.open();
  return { ...cache, logger };
}

/** To be called after each test. */
export async function closeCaches(): Promise<void> {
  await Promise.all(opened.splice(0).map((cache) => cache.close()));
}

export function makePrefix(): string {
  return `test-${randomUUID()}:`;
}

function makeAncestor(id: string, parentId: string | null): VerifiableKey['ancestors'][number] {
  return {
    ...{ id, parentId, version: 7, enabled: true, revokedAt: null, expiresAt: 4_000_000_000_000 },
    ...{ createdAt: 1, activatedAt: 2, lastUsedAt: 3, maxIdleDays: null, scopes: ['orders:*'] },
    ...{ features: ['beta'], ipAllowlist: ['10.0.0.0/8'], resources: { project: ['p1'] } },
    ...{ rateLimits: [{ name: 'hour', limit: 9, windowSeconds: 3600 }], hasCredits: false },
  };
}

/** A record as verification sees it, with the parts that a cache must not hold. */
export function makeKey(changes: Partial<VerifiableKey> = {}): VerifiableKey {
  return {
    id: randomBytes(8).toString('hex'),
    keyspace: 'default',
    ownerId: 'owner-ä-€-😀',
    owner: { version: 3, suspendedAt: null, plan: 'pro', overrides: { scopes: ['orders:*'], maxKeys: null } },
    name: 'Deploy',
    scopes: ['orders:read', 'orders:*'],
    environment: 'live',
    enabled: true,
    revokedAt: null,
    expiresAt: null,
    ipAllowlist: ['10.0.0.0/8'],
    resources: { project: ['p1', 'ä-€-😀'] },
    metadata: { team: 'a', nested: { list: [1, null, true] } },
    features: ['beta'],
    rateLimits: [{ name: 'minute', limit: 60, windowSeconds: 60 }],
    hasCredits: true,
    createdAt: 1_000_000_000_000,
    activatedAt: 1_000_000_000_001,
    lastUsedAt: 1_000_000_000_002,
    maxIdleDays: 30,
    parentId: 'parent',
    ancestors: [makeAncestor('parent', 'top'), makeAncestor('top', null)],
    version: 1,
    hint: { prefix: 'acme_live_' },
    credentials: [
      {
        id: 'credential01',
        kind: 'secret',
        bcryptHash: `$2b$10$${'S'.repeat(53)}`,
        secretCheck: 'deadbeef',
        digests: { '0123456789abcdef': 'ab'.repeat(32) },
        endedAt: null,
        createdAt: 1_000_000_000_000,
        endsAt: 4_000_000_000_000,
        graceFromFirstUseSeconds: 60,
        sealedSecret: `0123456789abcdef.${'x'.repeat(99)}`,
      },
      {
        id: 'credential02',
        kind: 'public-key',
        algorithm: 'ed25519',
        spki: `MCowBQYDK2VwAyEA${'a'.repeat(43)}=`,
        sha256Fingerprint: 'f'.repeat(64),
        md5Fingerprint: '9c:6d',
        endedAt: null,
        createdAt: 1_000_000_000_000,
        endsAt: null,
        graceFromFirstUseSeconds: null,
      },
    ],
    ...changes,
  };
}

/** A place in the feed of a timeline, with a hash of its own. */
export function positionAt(sequence: number, timeline = 'present'): FeedPosition {
  return { sequence, hash: createHash('sha256').update(`${timeline} ${sequence}`).digest('hex') };
}

/** A copy as it is written, complete up to a number of the feed. */
export function makeCopy(changes: Partial<VerifiableKey> = {}, sequence = 1): CachedCopy {
  return { key: makeKey(changes), asOf: positionAt(sequence) };
}

/** The same copy at a later version. */
export function changed(copy: CachedCopy, version: number, changes: Partial<VerifiableKey> = {}): CachedCopy {
  const asOf = positionAt(copy.asOf.sequence + version - copy.key.version);
  return { key: { ...copy.key, ...changes, version }, asOf };
}

/** The copy as it comes back. */
export function asCached({ key, asOf }: CachedCopy): CachedCopy {
  const left = ['bcryptHash', 'secretCheck', 'sha256Fingerprint', 'md5Fingerprint'];
  const credentials = key.credentials.map(
    (credential) =>
      Object.fromEntries(
        Object.entries(credential).filter(([name]) => !left.includes(name)),
      ) as unknown as VerifiableCredential,
  );
  return { key: { ...key, credentials }, asOf: { ...asOf, hash: asOf.hash.slice(0, 16) } };
}

/** Offers a copy until it can be read: fills are not waited for. */
export async function fillAndWait(
  cache: VerificationCache,
  copy: CachedCopy,
  readAt = Date.now(),
): Promise<void> {
  await waitFor(async () => {
    cache.fill(copy, readAt);
    return (await versionIn(cache, copy)) === copy.key.version;
  });
}

/** Writes a change until it can be read. */
export async function publishAndWait(cache: VerificationCache, copy: CachedCopy): Promise<void> {
  await waitFor(async () => {
    cache.publish(copy, Date.now());
    return (await versionIn(cache, copy)) === copy.key.version;
  });
}

/**
 * The version that can be read, or `null`. On a busy machine an answer may come after its deadline, and the cache is down
 * then until its next probe: that is no answer.
 */
export async function versionIn(cache: VerificationCache, copy: CachedCopy): Promise<number | null> {
  for (;;) {
    await waitFor(() => cache.status() === 'up');
    const found = await cache.get(copy.key.id);
    if (found !== null || cache.status() === 'up') return found?.key.version ?? null;
  }
}

/** Waits until what was sent in the background has been carried out: commands of one connection run in order. */
export async function settle(cache: VerificationCache): Promise<void> {
  await cache.get('0000000000000000');
}

export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 40_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('This did not come about in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
