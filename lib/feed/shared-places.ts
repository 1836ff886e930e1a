import type { ChangeFeed, Instance } from '../ports/change-feed.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';

/** Where a process without Redis remembers signatures. */
const inDatabase = 'database';
/** How often a claim that was not granted is repeated, in milliseconds. */
const claimEveryMs = 1_000;

/** What finding out where processes share things needs. */
export interface SharedPlacesParts {
  readonly feed: Pick<ChangeFeed, 'claimPlace'>;
  /** By which this process is on the list now. */
  readonly instanceId: () => string;
  /** Names the Redis of this process; `null` while it cannot be asked. Without it: there is no Redis. */
  readonly readRedis: (() => Promise<string | null>) | null;
  /** Whether this process takes signed requests. */
  readonly takesSignatures: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Knows where this process remembers signatures and counts limits, and whether all processes on its database do so
 * there. A signature is taken once only where all look in the same place, so the database grants one place at a time:
 * another one is granted when no listed process uses the former one any more.
 */
export class SharedPlaces {
  readonly #parts: SharedPlacesParts;
  #place: string | null;
  #claimed: { readonly instanceId: string; readonly place: string; readonly since: number } | null = null;
  #claiming: Promise<void> | null = null;
  #refusedAt = -Infinity;
  #others: readonly Instance[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** Claims in a row that were refused. */
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

  /** The connection to Redis was lost: the next one may lead to another server. */
  forget(): void {
    if (this.#parts.readRedis !== null) this.#place = null;
  }

  /** To be called with the other processes on the list. */
  note(others: readonly Instance[]): void {
    this.#others = others;
  }

  /** Whether another process counts elsewhere. */
  isSplit(): boolean {
    const place = this.#place;
    return place !== null && this.#others.some((other) => other.place !== null && other.place !== place);
  }

  /**
   * Since when all signatures are remembered in the place of this process, epoch milliseconds; 0 for always, `null` when
   * they are not, or not known to be.
   */
  signaturesSince(): number | null {
    const claimed = this.#claimed;
    if (claimed === null || claimed.instanceId !== this.#parts.instanceId()) return null;
    return claimed.place === this.#place ? claimed.since : null;
  }

  /** Asks the database, unless it has refused just now. Never rejects. */
  async claim(): Promise<void> {
    if (performance.now() - this.#refusedAt < claimEveryMs) return;
    // Cleared behind the assignment: without a place, a claim is over at once.
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
      // A process that takes no signatures is on the list for its limits; nothing was to be granted.
      const since = takesSignatures ? grantedSince : 0;
      this.#claimed = isListed && since !== null ? { instanceId, place, since } : null;
      if (!isListed || since !== null) {
        this.#refusals = 0;
        return;
      }
      this.#refusedAt = performance.now();
      this.#refusals += 1;
      // A Redis that was emptied has another name, which all processes read within a second.
      if (this.#refusals !== 2) return;
      logger.warn(
        'api-keys: signed requests are answered with 503, because other processes on this database remember used ' +
          'signatures elsewhere (another Redis, another keyPrefix, or one of them has no Redis); give all of them ' +
          'the same option redis',
      );
    } catch {
      // A store that does not answer is reported by whoever follows the feed.
      this.#claimed = null;
    }
  }
}
