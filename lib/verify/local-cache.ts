import { isDeepStrictEqual } from 'node:util';
import type { VerifiableCredential } from '../domain/credential.js';
import type { KeyAncestor, KeyLineage } from '../domain/key-ancestor.js';
import { getIdleCheckAt } from '../domain/key-lifetime.js';
import { TwoGenerations } from '../domain/two-generations.js';
import { KeyIndex } from '../domain/key-index.js';
import type { PreparedKey } from './prepared-key.js';
import type { UseCounter } from './record-use.js';

/** How much this process caches. */
export interface LocalCacheLimits {
  /** The maximum number of keys. */
  readonly maxKeys: number;
  /** The maximum amount of memory, estimated. */
  readonly maxBytes: number;
}

/**
 * How long a key is cached before it is read again, in milliseconds. It is bounded because rows edited directly in
 * the database are not announced.
 */
const lifetimeMs = 60_000;

/**
 * How many proven tokens of one key are kept. A key has few secrets, and each of them one token; but where an imported format
 * ignores a part of a string, there is no end to the strings that its holder can send.
 */
const maxTokensPerKey = 8;
/** An estimate of the memory of a proven token. The estimate for a key includes one. */
const bytesPerToken = 310;

/**
 * One cached key, with the tokens that were authenticated as its own. A key that is cached again gets another object.
 */
export interface CacheEntry {
  readonly prepared: PreparedKey;
  readonly uses: UseCounter;
  /** Wall clock in milliseconds. */
  readonly until: number;
  /** Changes only while the entry is in no generation. */
  bytes: number;
  /** Of the generation that it is in; `null`: in none. Not the generation itself, which an entry in use elsewhere would keep in memory. */
  mark: object | null;
  /** The oldest first. */
  readonly tokens: ProvenToken[];
}

/** A token with a valid secret, by its digest. */
export interface ProvenToken {
  readonly digest: string;
  readonly credential: VerifiableCredential;
  readonly entry: CacheEntry;
}

/**
 * One half of the cache: entries that are used move into the young generation, and what is left in the old one is
 * dropped with it.
 */
class Generation {
  readonly byToken = new Map<string, ProvenToken>();
  readonly byId = new Map<string, CacheEntry>();
  readonly byOwner = new KeyIndex();
  readonly byAncestor = new KeyIndex();
  readonly mark: object = {};
  bytes = 0;

  add(entry: CacheEntry): void {
    entry.mark = this.mark;
    const { id, ownerId, ancestors } = entry.prepared.key;
    this.byId.set(id, entry);
    this.byOwner.add(ownerId, id);
    for (const ancestor of ancestors) this.byAncestor.add(ancestor.id, id);
    for (const proven of entry.tokens) this.byToken.set(proven.digest, proven);
    this.bytes += entry.bytes;
  }

  remove(keyId: string): CacheEntry | undefined {
    const entry = this.byId.get(keyId);
    if (entry === undefined) return undefined;
    entry.mark = null;
    const { ownerId, ancestors } = entry.prepared.key;
    this.byId.delete(keyId);
    this.byOwner.remove(ownerId, keyId);
    for (const ancestor of ancestors) this.byAncestor.remove(ancestor.id, keyId);
    for (const { digest } of entry.tokens) this.byToken.delete(digest);
    this.bytes -= entry.bytes;
    return entry;
  }

  findAncestor(id: string): KeyAncestor | undefined {
    const below = this.byAncestor.getAny(id);
    return this.byId.get(below ?? '')?.prepared.key.ancestors.find((ancestor) => ancestor.id === id);
  }
}

/**
 * Keys that this process caches, found by the digest of a token: a hit is the match. It is bounded in keys and bytes
 * by two generations, so that neither a hit nor making room costs more than moving one entry. Changes invalidate
 * entries; callers must make sure that changes are learned of in time.
 */
export class LocalCache {
  readonly #limits: LocalCacheLimits;
  readonly #generations = new TwoGenerations(() => new Generation());

  constructor(limits: LocalCacheLimits) {
    this.#limits = limits;
  }

  /** The number of cached keys. */
  get size(): number {
    return this.#generations.young.byId.size + this.#generations.old.byId.size;
  }

  /** @param now - wall clock in milliseconds */
  findByToken(digest: string, now: number): ProvenToken | undefined {
    const proven = this.#generations.young.byToken.get(digest) ?? this.#findInOld(digest);
    return proven !== undefined && now < proven.entry.until ? proven : undefined;
  }

  #findInOld(digest: string): ProvenToken | undefined {
    const proven = this.#generations.old.byToken.get(digest);
    if (proven !== undefined) this.#promote(proven.entry);
    return proven;
  }

  /** @param now - wall clock in milliseconds */
  findById(keyId: string, now: number): PreparedKey | undefined {
    return this.findEntry(keyId, now)?.prepared;
  }

  /** @param now - wall clock in milliseconds */
  findEntry(keyId: string, now: number): CacheEntry | undefined {
    const entry = this.#generations.young.byId.get(keyId) ?? this.#generations.old.byId.get(keyId);
    return entry !== undefined && now < entry.until ? entry : undefined;
  }

  /**
   * Whether an entry that was found earlier is still what {@link findEntry} finds, without a lookup.
   *
   * @param now - wall clock in milliseconds
   */
  holds({ mark, until }: CacheEntry, now: number): boolean {
    const { young, old } = this.#generations;
    return (mark === young.mark || mark === old.mark) && now < until;
  }

  /**
   * Puts into a key the copies of the keys above it that are cached with another key below them, where they are equal: what
   * thousands of children have in common is in memory once.
   */
  shareAncestors<K extends KeyLineage>(key: K): K {
    if (key.ancestors.length === 0) return key;
    const { young, old } = this.#generations;
    const ancestors = key.ancestors.map((ancestor) => {
      const cached = young.findAncestor(ancestor.id) ?? old.findAncestor(ancestor.id);
      return isDeepStrictEqual(cached, ancestor) ? (cached as KeyAncestor) : ancestor;
    });
    return { ...key, ancestors };
  }

  /** Caches a key in place of an older version. */
  set(prepared: PreparedKey, uses: UseCounter, readAt: number): void {
    const { key } = prepared;
    this.#remove(key.id);
    const bytes = prepared.approximateBytes;
    const idleChecks = [key, ...key.ancestors].map((each) => getIdleCheckAt(each, readAt));
    const until = Math.min(readAt + lifetimeMs, ...idleChecks);
    this.#add({ prepared, uses, until, bytes, mark: null, tokens: [] });
  }

  /**
   * Records that a token belongs to a key, for as long as this very version of the key is cached. Of more tokens than a key can
   * need, the oldest are dropped: their secrets are compared again.
   */
  prove(prepared: PreparedKey, digest: string, credential: VerifiableCredential): void {
    const { id } = prepared.key;
    const { young, old } = this.#generations;
    const entry = young.byId.get(id) ?? old.byId.get(id);
    if (entry?.prepared !== prepared || entry.tokens.some((proven) => proven.digest === digest)) return;
    this.#remove(id);
    if (entry.tokens.length === maxTokensPerKey) entry.tokens.shift();
    else if (entry.tokens.length > 0) entry.bytes += bytesPerToken;
    entry.tokens.push({ digest, credential, entry });
    this.#add(entry);
  }

  /** Drops a key, and all keys below it, whose rights depend on it. */
  forget(keyId: string): void {
    const { young, old } = this.#generations;
    this.#remove(keyId);
    for (const below of [...young.byAncestor.list(keyId), ...old.byAncestor.list(keyId)]) this.#remove(below);
  }

  forgetOwner(ownerId: string): void {
    const { young, old } = this.#generations;
    for (const keyId of [...young.byOwner.list(ownerId), ...old.byOwner.list(ownerId)]) this.#remove(keyId);
  }

  /** Takes no time, however much is cached: the maps are left to the garbage collector. */
  forgetAll(): void {
    if (this.size > 0) this.#generations.clear();
  }

  #remove(keyId: string): void {
    this.#generations.young.remove(keyId);
    this.#generations.old.remove(keyId);
  }

  #promote(entry: CacheEntry): void {
    this.#generations.old.remove(entry.prepared.key.id);
    this.#add(entry);
  }

  #add(entry: CacheEntry): void {
    const { maxKeys, maxBytes } = this.#limits;
    const { young } = this.#generations;
    const isFull = young.byId.size * 2 >= maxKeys || (young.bytes + entry.bytes) * 2 > maxBytes;
    if (isFull) this.#generations.turn();
    this.#generations.young.add(entry);
  }
}
