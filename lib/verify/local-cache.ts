import type { VerifiableCredential } from '../domain/credential.js';
import { TwoGenerations } from '../domain/two-generations.js';
import type { PreparedKey } from './prepared-key.js';
import type { UseCounter } from './record-use.js';

/** How much this process holds. */
export interface LocalCacheLimits {
  /** Most keys. */
  readonly maxKeys: number;
  /** Most memory, estimated. */
  readonly maxBytes: number;
}

/** How long a key is held without being read again, in milliseconds: whoever edits the database by hand makes no change known. */
const lifetimeMs = 60_000;

/** One key that is held, with the tokens that have been proven to be its. A key that is held anew is another object. */
export interface CacheEntry {
  readonly prepared: PreparedKey;
  readonly uses: UseCounter;
  /** Wall clock in milliseconds. */
  readonly until: number;
  readonly bytes: number;
  readonly tokens: ProvenToken[];
}

/** A token whose secret was found to be right, by its digest. */
export interface ProvenToken {
  readonly digest: string;
  readonly credential: VerifiableCredential;
  readonly held: CacheEntry;
}

/** Half of what is held: what is used moves into the young one, and what is left in the old one is dropped with it. */
class Generation {
  readonly byToken = new Map<string, ProvenToken>();
  readonly byId = new Map<string, CacheEntry>();
  bytes = 0;

  add(held: CacheEntry): void {
    this.byId.set(held.prepared.key.id, held);
    for (const proven of held.tokens) this.byToken.set(proven.digest, proven);
    this.bytes += held.bytes;
  }

  remove(keyId: string): CacheEntry | undefined {
    const held = this.byId.get(keyId);
    if (held === undefined) return undefined;
    this.byId.delete(keyId);
    for (const { digest } of held.tokens) this.byToken.delete(digest);
    this.bytes -= held.bytes;
    return held;
  }
}

/**
 * Keys that this process holds, found by the digest of a token: a hit is the match. It is bounded in keys and bytes by
 * two generations, so that neither a hit nor making room costs more than moving one entry. Changes make it forget; who
 * asks must make sure that changes are heard of in time.
 */
export class LocalCache {
  readonly #limits: LocalCacheLimits;
  readonly #generations = new TwoGenerations(() => new Generation());

  constructor(limits: LocalCacheLimits) {
    this.#limits = limits;
  }

  /** Keys that are held. */
  get size(): number {
    return this.#generations.young.byId.size + this.#generations.old.byId.size;
  }

  /** @param now - wall clock in milliseconds */
  findByToken(digest: string, now: number): ProvenToken | undefined {
    const proven = this.#generations.young.byToken.get(digest) ?? this.#findInOld(digest);
    return proven !== undefined && now < proven.held.until ? proven : undefined;
  }

  #findInOld(digest: string): ProvenToken | undefined {
    const proven = this.#generations.old.byToken.get(digest);
    if (proven !== undefined) this.#promote(proven.held);
    return proven;
  }

  /** @param now - wall clock in milliseconds */
  findById(keyId: string, now: number): PreparedKey | undefined {
    return this.findEntry(keyId, now)?.prepared;
  }

  /** @param now - wall clock in milliseconds */
  findEntry(keyId: string, now: number): CacheEntry | undefined {
    const held = this.#generations.young.byId.get(keyId) ?? this.#generations.old.byId.get(keyId);
    return held !== undefined && now < held.until ? held : undefined;
  }

  /** Holds a key in place of an older version. */
  hold(prepared: PreparedKey, uses: UseCounter, readAt: number): void {
    this.forget(prepared.key.id);
    const bytes = prepared.approximateBytes;
    this.#add({ prepared, uses, until: readAt + lifetimeMs, bytes, tokens: [] });
  }

  /** Remembers whose token it is, as long as this very version of the key is held. */
  prove(prepared: PreparedKey, digest: string, credential: VerifiableCredential): void {
    const generation = this.#generations.young.byId.has(prepared.key.id)
      ? this.#generations.young
      : this.#generations.old;
    const held = generation.byId.get(prepared.key.id);
    if (held?.prepared !== prepared || generation.byToken.has(digest)) return;
    const proven = { digest, credential, held };
    held.tokens.push(proven);
    generation.byToken.set(digest, proven);
  }

  forget(keyId: string): void {
    this.#generations.young.remove(keyId);
    this.#generations.old.remove(keyId);
  }

  /** However much is held, it takes no time: the maps are left to the collector. */
  forgetAll(): void {
    if (this.size > 0) this.#generations.clear();
  }

  #promote(held: CacheEntry): void {
    this.#generations.old.remove(held.prepared.key.id);
    this.#add(held);
  }

  #add(held: CacheEntry): void {
    const { maxKeys, maxBytes } = this.#limits;
    const { young } = this.#generations;
    const isFull = young.byId.size * 2 >= maxKeys || (young.bytes + held.bytes) * 2 > maxBytes;
    if (isFull) this.#generations.turn();
    this.#generations.young.add(held);
  }
}
