import type { Clock } from '../ports/clock.js';
import type { JwtKey, JwtKeys } from '../ports/jwt-signer.js';
import type { Logger } from '../ports/logger.js';
import type { RandomSource } from '../ports/random-source.js';
import type { SecretSealer } from '../ports/secret-sealer.js';
import type { SigningAlgorithm, SigningKeyStore, StoredSigningKey } from '../ports/token-store.js';
import { SingleFlightFresh } from '../verify/single-flight-fresh.js';

/** What the signing keys of an instance need. */
export interface SigningKeyParts {
  readonly store: SigningKeyStore;
  readonly keys: JwtKeys;
  readonly sealer: SecretSealer;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What new tokens are signed with. */
  readonly algorithm: SigningAlgorithm;
  /** How long a token can live, in seconds, as far as is known now. */
  readonly maxLifetimeSeconds: () => number;
}

/** How long a key signs before another takes its place, in milliseconds: 30 days. */
export const rotateAfterMs: number = 30 * 24 * 60 * 60 * 1000;
/** How long a new key is published before it signs, in milliseconds. Whoever caches the key set reads it again before. */
export const leadMs: number = 10 * 60 * 1000;
/** How long keys are used without looking again, and how often at the most one that is not known is looked for. */
const maxAgeMs = 60_000;
const missReadIntervalMs = 250;

interface OpenedKey {
  readonly stored: StoredSigningKey;
  readonly key: JwtKey;
}

/**
 * The keys that tokens are signed with. They are stored sealed, shared by all processes, and replaced in time: the next
 * one is made and published before it signs, and the one before it is kept until the last of its tokens has ended.
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

  /** The key to sign with now. Makes one when there is none. Rejects when the store does not answer. */
  async getCurrent(): Promise<JwtKey> {
    if (this.#isStale()) await this.#reads.get('all');
    if (this.#isDue()) await this.#rotate();
    const key = this.#findActive();
    if (key === undefined) throw new Error('A signing key was made and is not there');
    return key.key;
  }

  /** A key by its id, which another process may have made just now. Rejects when the store does not answer. */
  async find(id: string): Promise<JwtKey | null> {
    if (this.#isStale() && this.#readAt !== -Infinity) void this.#reads.get('all').catch(() => undefined);
    const known = this.#opened.get(id)?.key;
    if (known !== undefined || !/^[0-9A-Za-z]{16}$/.test(id)) return known ?? null;
    await (this.#nextMissRead ??= this.#readAgain());
    return this.#opened.get(id)?.key ?? null;
  }

  /** Whoever makes up ids waits for others, and costs no more reads than they. */
  async #readAgain(): Promise<void> {
    const wait = this.#missReadAt + missReadIntervalMs - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
    // Who comes from now on needs a read that begins later.
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

  /** Of the algorithm that is configured, by when they begin. */
  #listOwn(): readonly OpenedKey[] {
    const { algorithm } = this.#parts;
    return [...this.#opened.values()].filter(({ stored }) => stored.algorithm === algorithm);
  }

  #findActive(): OpenedKey | undefined {
    const now = this.#parts.clock.now();
    return this.#listOwn().findLast(({ stored }) => stored.activeFrom <= now);
  }

  /** Whether a key has to be made: there is none, or the last one is about to be old. */
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

  /** Keys whose last token has ended: another key has been signing for so long. */
  #listExpired(now: number): readonly string[] {
    // As long as one of its tokens can live.
    const keepMs = this.#parts.maxLifetimeSeconds() * 1000 + leadMs;
    const all = [...this.#opened.values()].map(({ stored }) => stored);
    const newest = all.findLast(({ activeFrom }) => activeFrom + keepMs <= now);
    return all.filter(({ activeFrom }) => activeFrom < (newest?.activeFrom ?? 0)).map(({ id }) => id);
  }
}

/** A sealed key that is given another id or algorithm does not open. */
function describePurpose({ id, algorithm }: Pick<StoredSigningKey, 'id' | 'algorithm'>): string {
  return `signing key ${algorithm} ${id}`;
}
