import { leaseMarginMs } from '../domain/lease-bounds.js';
import { maxOthersShown, type OtherProcess } from '../domain/other-process.js';
import type { ChangeFeed, Instance } from '../ports/change-feed.js';

const lookEveryMs = 1_000;

interface Sighting {
  readonly beat: number;
  /** When this beat was first seen; monotonic, in milliseconds. */
  readonly since: number;
}

/**
 * Watches the other processes on the list, and removes those that have not beaten for longer than their lease: after
 * a `kill -9`, no process waits for them any longer. Measured on the monotonic clock of this process alone.
 *
 * A beat that was seen was sent before; so when it has stayed the same for a lease and a second, the lease that it
 * gave has expired. A process that comes back finds itself off the list and starts again with empty caches.
 */
export class InstanceWatch {
  readonly #feed: Pick<ChangeFeed, 'instances' | 'remove'>;
  readonly #ownId: () => string;
  readonly #onOthers: (others: readonly Instance[]) => void;
  #sightings = new Map<string, Sighting>();
  /** Those of the last look. */
  #remaining: readonly Instance[] = [];
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param ownId - the id under which this process is on the list now; it does not remove itself
   * @param onOthers - called with the other processes whenever the list was read; must not throw
   */
  constructor(
    feed: Pick<ChangeFeed, 'instances' | 'remove'>,
    ownId: () => string,
    onOthers: (others: readonly Instance[]) => void = () => undefined,
  ) {
    this.#feed = feed;
    this.#onOthers = onOthers;
    this.#ownId = ownId;
  }

  /** Reads the list once a second, so that a process that has died is gone before a change has to wait for it. */
  start(): void {
    this.#timer ??= setInterval(() => {
      // The feed follower reports a store that does not respond.
      this.look().catch(() => undefined);
    }, lookEveryMs).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** The other processes as the last look saw them, those that were silent longest first. Reads nothing. */
  describeOthers(ownApplied: number): readonly OtherProcess[] {
    const now = performance.now();
    const described = this.#remaining.map(({ id, acked }) => ({
      ...{ id, silentMs: Math.round(now - (this.#sightings.get(id)?.since ?? now)) },
      changesBehind: Math.max(0, ownApplied - acked),
    }));
    return described.toSorted((one, other) => other.silentMs - one.silentMs).slice(0, maxOthersShown);
  }

  /** The other processes on the list, without those that were removed just now. */
  async look(): Promise<readonly Instance[]> {
    const listed = await this.#feed.instances();
    const ownId = this.#ownId();
    const others = listed.filter(({ id }) => id !== ownId);
    this.#note(others);
    const stayed = await Promise.all(others.map((instance) => this.#staysListed(instance)));
    const remaining = others.filter((_, index) => stayed[index]);
    this.#remaining = remaining;
    this.#onOthers(remaining);
    return remaining;
  }

  #note(others: readonly Instance[]): void {
    const now = performance.now();
    const before = this.#sightings;
    this.#sightings = new Map(
      others.map(({ id, beat }) => {
        const sighting = before.get(id);
        return [id, sighting?.beat === beat ? sighting : { beat, since: now }];
      }),
    );
  }

  async #staysListed(instance: Instance): Promise<boolean> {
    const since = this.#sightings.get(instance.id)?.since ?? Infinity;
    if (performance.now() - since < instance.leaseMs + leaseMarginMs) return true;
    return !(await this.#feed.remove(instance));
  }
}
