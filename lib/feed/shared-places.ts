import type { ChangeFeed, Instance } from '../ports/change-feed.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';

/** The place where a process without Redis records signatures. */
const inDatabase = 'database';
/** How often a claim that was not granted is repeated, in milliseconds. */
const claimEveryMs = 1_000;

/** How a process finds and claims its place. */
export interface SharedPlacesParts {
  readonly feed: Pick<ChangeFeed, 'claimPlace'>;
  /** The id under which this process is on the list now. */
  readonly instanceId: () => string;
  /**
   * Reads the name of this process's Redis, `null` while it does not respond. `null` instead of a function: there is
   * no Redis.
   */
  readonly readRedis: (() => Promise<string | null>) | null;
  /** Whether this process takes signed requests. */
  readonly takesSignatures: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Tracks where this process records signatures and counts limits, and whether all processes on its database do so in
 * the same place. A signature is accepted only once where all look in one place, so the database grants one place at
 * a time: another one is granted when no listed process uses the former one any more.
 */
export class SharedPlaces {
  readonly #parts: SharedPlacesParts;
  #place: string | null;
  #claimed: { readonly instanceId: string; readonly place: string; readonly since: number } | null = null;
  #claiming: Promise<void> | null = null;
  #refusedAt = -Infinity;
  #others: readonly Instance[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** Consecutive claims that were refused. */
  #refusals = 0;

  constructor(parts: SharedPlacesParts) {
    this.#parts = parts;
    this.#place = parts.readRedis === null ? inDatabase : null;
  }

  /** Waits for the first claim, granted or not, and repeats it as needed. Never rejects. */
  async start(): Promise<void> {
    this.#timer ??= setInterval(() => void this.#look(), claimEveryMs).unref();
    await this.#look();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Call it when the connection to Redis was lost: the next connection may lead to another server. */
  forget(): void {
    if (this.#parts.readRedis !== null) this.#place = null;
  }

  /** Call it with the other processes on the list. */
  note(others: readonly Instance[]): void {
    this.#others = others;
  }

  /** How many processes are on the list, this one included. */
  countProcesses(): number {
    return this.#others.length + 1;
  }

  /** Whether another process counts limits in another place. */
  isSplit(): boolean {
    const place = this.#place;
    return place !== null && this.#others.some((other) => other.place !== null && other.place !== place);
  }

  /**
   * Since when all signatures are recorded in the place of this process, epoch milliseconds; 0 for always, `null`
   * when they are not, or when that is unknown.
   */
  signaturesSince(): number | null {
    const claimed = this.#claimed;
    if (claimed === null || claimed.instanceId !== this.#parts.instanceId()) return null;
    return claimed.place === this.#place ? claimed.since : null;
  }

  /** Claims the place in the database, unless the last claim was refused just now. Never rejects. */
  async claim(): Promise<void> {
    if (performance.now() - this.#refusedAt < claimEveryMs) return;
    // Cleared after the assignment: without a place, a claim settles at once.
    this.#claiming ??= this.#runClaim().finally(() => (this.#claiming = null));
    await this.#claiming;
  }

  async #look(): Promise<void> {
    const { readRedis } = this.#parts;
    if (readRedis !== null) this.#place = (await readRedis()) ?? this.#place;
    if (this.signaturesSince() === null) await this.claim();
  }

  async #runClaim(): Promise<void> {
    const { feed, clock, takesSignatures, logger } = this.#parts;
    const instanceId = this.#parts.instanceId();
    const place = this.#place;
    try {
      if (place === null) return;
      const claim = { instanceId, place, takesSignatures, now: clock.now() };
      const { isListed, since: grantedSince } = await feed.claimPlace(claim);
      // A process that accepts no signatures registers its place for its limits; no grant was requested.
      const since = takesSignatures ? grantedSince : 0;
      this.#claimed = isListed && since !== null ? { instanceId, place, since } : null;
      if (!isListed || since !== null) {
        this.#refusals = 0;
        return;
      }
      this.#refusedAt = performance.now();
      this.#refusals += 1;
      // A Redis that was flushed has another name, which all processes read within a second.
      if (this.#refusals !== 2) return;
      logger.warn(
        'api-keys: signed requests are answered with 503, because other processes on this database record used ' +
          'signatures elsewhere (another Redis, another keyPrefix, or one of them has no Redis); give all of them ' +
          'the same option redis',
      );
    } catch {
      // The feed follower reports a store that does not respond.
      this.#claimed = null;
    }
  }
}
