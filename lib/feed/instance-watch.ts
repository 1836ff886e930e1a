import { leaseMarginMs } from '../domain/lease-bounds.js';
import { maxOthersShown, type OtherProcess } from '../domain/other-process.js';
import type { ChangeFeed, Instance, ListedBeat } from '../ports/change-feed.js';

/** How often it is checked whether the list has to be read, in milliseconds. */
const checkEveryMs = 1_000;
/** How often the list is read while all is well, in milliseconds. */
const lookEveryMs = 30_000;
/** For how long the list is read at each check after the start and after a change that was not confirmed, beside the own lease. */
const closeWatchMs = 2_000;

interface Sighting {
  readonly beat: number;
  /** When this beat was first seen; monotonic, in milliseconds. */
  readonly since: number;
  /** When it was seen last. */
  readonly until: number;
  readonly leaseMs: number;
}

/**
 * Watches the other processes on the list, and removes those that have not beaten for longer than their lease: after
 * a `kill -9`, no process waits for them any longer. Measured on the monotonic clock of this process alone.
 *
 * A beat that was seen was sent before; so when it has stayed the same for a lease and a second, the lease that it
 * gave has expired. A process that comes back finds itself off the list and starts again with empty caches.
 *
 * Each process watches one other with its beats. The whole list is read only now and then, and once a second while a
 * process is silent, so that what all processes read together grows with their number, not with its square.
 */
export class InstanceWatch {
  readonly #feed: Pick<ChangeFeed, 'instances' | 'remove'>;
  readonly #ownId: () => string;
  readonly #onOthers: (others: readonly Instance[]) => void;
  #sightings = new Map<string, Sighting>();
  /** Those of the last look. */
  #remaining: readonly Instance[] = [];
  #lookedAt = -Infinity;
  #closelyUntil = -Infinity;
  /** Whether beats show another process; otherwise the list is read at each check. */
  #hasNext = true;
  /** The process that this one watches with its beats. */
  #nextId: string | null = null;
  #looking: Promise<readonly Instance[]> | null = null;
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

  /** Watches from now on, so that a process that has died is gone before a change has to wait for it. */
  start(): void {
    this.#timer ??= setInterval(() => {
      if (this.#isLookDue()) this.#lookInBackground();
    }, checkEveryMs).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#sightings.clear();
  }

  /** Reads the list at each check for longer than a lease: until all that have died are removed. */
  watchClosely(leaseMs: number): void {
    this.#closelyUntil = performance.now() + leaseMs + leaseMarginMs + closeWatchMs;
  }

  /** Records the process that a beat has shown; see `BeatAnswer.next`. */
  noteNext(next: ListedBeat | null | undefined): void {
    this.#hasNext = next !== undefined;
    this.#nextId = next?.id ?? null;
    if (next !== null && next !== undefined && next.id !== this.#ownId()) {
      this.#sightings.set(next.id, this.#see(next, performance.now()));
    }
  }

  /** Reads the list in the background, unless it was read within the last second. */
  refresh(): void {
    if (this.#timer !== null && performance.now() - this.#lookedAt >= checkEveryMs) this.#lookInBackground();
  }

  /** The other processes as the last look saw them, those that were silent longest first. Reads nothing. */
  describeOthers(ownApplied: number): readonly OtherProcess[] {
    const described = this.#remaining.map(({ id, acked }) => ({
      ...{ id, silentMs: Math.round(getSilence(this.#sightings.get(id))) },
      changesBehind: Math.max(0, ownApplied - acked),
    }));
    return described.toSorted((one, other) => other.silentMs - one.silentMs).slice(0, maxOthersShown);
  }

  /** The other processes on the list, without those that were removed just now. */
  async look(): Promise<readonly Instance[]> {
    const listed = await this.#feed.instances();
    this.#lookedAt = performance.now();
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
    this.#sightings = new Map(others.map((other) => [other.id, this.#see(other, now)]));
  }

  #see({ id, beat, leaseMs }: ListedBeat, now: number): Sighting {
    const before = this.#sightings.get(id);
    return { beat, since: before?.beat === beat ? before.since : now, until: now, leaseMs };
  }

  #isLookDue(): boolean {
    const now = performance.now();
    if (!this.#hasNext || now < this.#closelyUntil || now - this.#lookedAt >= lookEveryMs) return true;
    if ([...this.#sightings.values()].some((each) => getSilence(each) > each.leaseMs / 2)) return true;
    // The lease of that process may be so much shorter that the beats of this one come too rarely for it.
    const next = this.#nextId === null ? undefined : this.#sightings.get(this.#nextId);
    return next !== undefined && now - next.until > next.leaseMs / 2;
  }

  #lookInBackground(): void {
    // The feed follower reports a store that does not respond.
    this.#looking ??= this.look().finally(() => (this.#looking = null));
    this.#looking.catch(() => undefined);
  }

  async #staysListed(instance: Instance): Promise<boolean> {
    const since = this.#sightings.get(instance.id)?.since ?? Infinity;
    if (performance.now() - since < instance.leaseMs + leaseMarginMs) return true;
    return !(await this.#feed.remove(instance));
  }
}

/** For how long a process has shown no sign of life, up to when it was looked at last; in milliseconds. */
function getSilence(sighting: Sighting | undefined): number {
  return sighting === undefined ? 0 : sighting.until - sighting.since;
}
