import type { Clock } from '../ports/clock.js';
import type { JwtKey, JwtKeys } from '../ports/jwt-signer.js';
import type { Logger } from '../ports/logger.js';
import type { RandomSource } from '../ports/random-source.js';
import type { SecretSealer } from '../ports/secret-sealer.js';
import type { SigningAlgorithm, SigningKeyStore, StoredSigningKey } from '../ports/token-store.js';
import { SingleFlightFresh } from '../verify/single-flight-fresh.js';

/** The ports and settings of the signing keys of an instance. */
export interface SigningKeyParts {
  readonly store: SigningKeyStore;
  readonly keys: JwtKeys;
  readonly sealer: SecretSealer;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The algorithm that new tokens are signed with. */
  readonly algorithm: SigningAlgorithm;
  /** The maximum lifetime of a token, in seconds, over the keyspaces that are registered so far. */
  readonly maxLifetimeSeconds: () => number;
}

/** How long a key signs before it is replaced, in milliseconds: 30 days. */
export const rotateAfterMs: number = 30 * 24 * 60 * 60 * 1000;
/** How long a new key is published before it signs, in milliseconds. Caches of the key set expire earlier. */
export const leadMs: number = 10 * 60 * 1000;
/** How long keys are used without reading them again, and the minimum interval between reads for unknown ids. */
const maxAgeMs = 60_000;
const missReadIntervalMs = 250;

interface OpenedKey {
  readonly stored: StoredSigningKey;
  readonly key: JwtKey;
}

/**
 * The keys that tokens are signed with. They are stored sealed, shared by all processes, and rotated: the next key is created
 * and published before it signs, and the previous one is kept until the last of its tokens has expired.
 */
export class SigningKeys {
  readonly #parts: SigningKeyParts;
  readonly #reads: SingleFlightFresh<void>;
  #opened: ReadonlyMap<string, OpenedKey> = new Map();
  #readAt = -Infinity;
  #missReadAt = -Infinity;
  #nextMissRead: Promise<void> | null = null;
  #rotating: Promise<void> | null = null;
  readonly #warned = new Set<string>();

  constructor(parts: SigningKeyParts) {
    this.#parts = parts;
    this.#reads = new SingleFlightFresh(() => this.#read());
  }

  /** The current signing key. Creates one when there is none. Rejects when the store does not respond. */
  async getCurrent(): Promise<JwtKey> {
    if (this.#isStale()) await this.#reads.get('all');
    if (this.#isDue()) await this.#rotate();
    const key = this.#findActive();
    if (key === undefined) throw new Error('The signing key that was just created is missing');
    return key.key;
  }

  /** A key by its id, which another process may just have created. Rejects when the store does not respond. */
  async find(id: string): Promise<JwtKey | null> {
    if (this.#isStale() && this.#readAt !== -Infinity) void this.#reads.get('all').catch(() => undefined);
    const known = this.#opened.get(id)?.key;
    if (known !== undefined || !/^[0-9A-Za-z]{16}$/.test(id)) return known ?? null;
    await (this.#nextMissRead ??= this.#readAgain());
    return this.#opened.get(id)?.key ?? null;
  }

  /** Requests with made-up ids share one read and are rate limited, so that they cost no more reads than others. */
  async #readAgain(): Promise<void> {
    const wait = this.#missReadAt + missReadIntervalMs - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
    // Requests from now on need a read that begins later.
    this.#nextMissRead = null;
    this.#missReadAt = performance.now();
    await this.#reads.get('all');
  }

  /** The public keys, the next one included (RFC 7517). */
  async listPublic(): Promise<readonly Readonly<Record<string, string>>[]> {
    if (this.#parts.algorithm === 'EdDSA') await this.getCurrent();
    else if (this.#isStale()) await this.#reads.get('all');
    return [...this.#opened.values()].flatMap(({ key }) => (key.publicJwk === null ? [] : [key.publicJwk]));
  }

  #isStale(): boolean {
    return performance.now() - this.#readAt > maxAgeMs;
  }

  async #read(): Promise<void> {
    const { store } = this.#parts;
    const began = performance.now();
    const before = this.#opened;
    const opened = new Map<string, OpenedKey>();
    for (const stored of await store.list()) {
      const key = before.get(stored.id)?.key ?? this.#open(stored);
      if (key !== null) opened.set(stored.id, { stored, key });
    }
    this.#opened = opened;
    this.#readAt = began;
  }

  #open(stored: StoredSigningKey): JwtKey | null {
    const { keys, sealer, logger } = this.#parts;
    const bytes = sealer.open(stored.sealedKey, describePurpose(stored));
    if (bytes !== null) return keys.open(stored.id, stored.algorithm, bytes);
    if (!this.#warned.has(stored.id)) {
      this.#warned.add(stored.id);
      logger.warn(`api-keys: the signing key ${stored.id} was sealed under a pepper that is not configured`);
    }
    return null;
  }

  /** The keys of the configured algorithm, by the time from which they sign. */
  #listOwn(): readonly OpenedKey[] {
    const { algorithm } = this.#parts;
    return [...this.#opened.values()].filter(({ stored }) => stored.algorithm === algorithm);
  }

  #findActive(): OpenedKey | undefined {
    const now = this.#parts.clock.now();
    return this.#listOwn().findLast(({ stored }) => stored.activeFrom <= now);
  }

  /** Whether a key has to be created: there is none, or the newest is due for rotation. */
  #isDue(): boolean {
    if (this.#findActive() === undefined) return true;
    const last = this.#listOwn().at(-1)?.stored.activeFrom ?? -Infinity;
    return this.#parts.clock.now() >= last + rotateAfterMs - leadMs;
  }

  #rotate(): Promise<void> {
    this.#rotating ??= this.#createNext().finally(() => (this.#rotating = null));
    return this.#rotating;
  }

  async #createNext(): Promise<void> {
    // Another process may have been faster.
    await this.#reads.get('all');
    if (!this.#isDue()) return;
    const { store, keys, sealer, random, clock, algorithm } = this.#parts;
    const now = clock.now();
    const id = random.base62(16);
    const activeFrom = this.#findActive() === undefined ? now : now + leadMs;
    const sealedKey = sealer.seal(keys.generate(algorithm), describePurpose({ id, algorithm }));
    await store.add({ id, algorithm, sealedKey, createdAt: now, activeFrom });
    await store.remove(this.#listExpired(now));
    await this.#reads.get('all');
  }

  /** Keys whose last token has expired: another key has been signing for that long. */
  #listExpired(now: number): readonly string[] {
    // The maximum lifetime of its tokens.
    const keepMs = this.#parts.maxLifetimeSeconds() * 1000 + leadMs;
    const all = [...this.#opened.values()].map(({ stored }) => stored);
    const newest = all.findLast(({ activeFrom }) => activeFrom + keepMs <= now);
    return all.filter(({ activeFrom }) => activeFrom < (newest?.activeFrom ?? 0)).map(({ id }) => id);
  }
}

/** Binds a sealed key to its id and algorithm: with another of either, it does not open. */
function describePurpose({ id, algorithm }: Pick<StoredSigningKey, 'id' | 'algorithm'>): string {
  return `signing key ${algorithm} ${id}`;
}
