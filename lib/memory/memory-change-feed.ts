import { parseAuditEntry, type SerializedAuditEntry } from '../ports/audit-chain.js';
import { startOfFeed } from '../ports/change-feed.js';
import type {
  BeatAnswer,
  ChangeFeed,
  FeedChange,
  FeedPosition,
  FeedWatch,
  Instance,
  ListedBeat,
  PlaceAnswer,
  PlaceClaim,
} from '../ports/change-feed.js';

/** One entry of the audit trail; its sequence number is its place, counted from 1, removed ones included. */
export interface StoredEvent extends SerializedAuditEntry {
  readonly hash: string;
}

/** The part of the store that the feed is read from. */
interface KeptEvents {
  readonly events: readonly StoredEvent[];
  /** How many entries were removed before them. */
  readonly removedEvents: number;
}

interface Listed extends Instance {
  readonly takesSignatures: boolean;
}

const noPlace = { place: null, takesSignatures: false };

/** The change feed of a store in memory; several instances of one process may follow it. */
export class MemoryChangeFeed implements ChangeFeed {
  readonly #trail: () => KeptEvents;
  readonly #afterChanges: (work: () => void) => Promise<void>;
  readonly #instances = new Map<string, Listed>();
  #granted: { readonly place: string; readonly since: number } | null = null;
  readonly #watchers = new Set<() => void>();

  /**
   * @param trail - returns the committed entries
   * @param afterChanges - runs work after the changes that were begun before, and before the next one
   */
  constructor(trail: () => KeptEvents, afterChanges: (work: () => void) => Promise<void>) {
    this.#trail = trail;
    this.#afterChanges = afterChanges;
  }

  /** The longest lease on the list; 0 when it is empty. */
  maxLeaseMs(): number {
    return Math.max(0, ...[...this.#instances.values()].map(({ leaseMs }) => leaseMs));
  }

  /** Notifies watchers of a committed change, after the change itself has completed. */
  notify(): void {
    for (const onHint of this.#watchers) {
      setImmediate(() => {
        if (this.#watchers.has(onHint)) onHint();
      });
    }
  }

  join({ id, acked, leaseMs }: Pick<Instance, 'id' | 'acked' | 'leaseMs'>): Promise<void> {
    return this.#afterChanges(() => {
      if (!this.#instances.has(id)) this.#instances.set(id, { id, beat: 0, acked, leaseMs, ...noPlace });
    });
  }

  async leave(instanceId: string): Promise<void> {
    this.#instances.delete(instanceId);
  }

  async beat(instanceId: string, applied: FeedPosition, limit: number): Promise<BeatAnswer> {
    const listed = this.#instances.get(instanceId);
    if (listed === undefined) return { isListed: false, isKnown: false, changes: [] };
    const { sequence, hash } = applied;
    const { events, removedEvents } = this.#trail();
    const stored = sequence === 0 && removedEvents === 0 ? startOfFeed : events[sequence - 1 - removedEvents];
    const isKnown = stored?.hash === hash;
    const acked = isKnown ? Math.max(listed.acked, sequence) : listed.acked;
    this.#instances.set(instanceId, { ...listed, beat: listed.beat + 1, acked });
    const changes = this.#changes(sequence, sequence + limit);
    return { isListed: true, isKnown, changes, next: this.#findNext(instanceId) };
  }

  async latest(limit: number): Promise<readonly FeedChange[]> {
    const last = await this.lastSequence();
    return this.#changes(last - limit, last);
  }

  async lastSequence(): Promise<number> {
    const { events, removedEvents } = this.#trail();
    return removedEvents + events.length;
  }

  async instances(): Promise<readonly Instance[]> {
    return [...this.#instances.values()].map(({ takesSignatures: _, ...instance }) => instance);
  }

  async remove({ id, beat }: Pick<Instance, 'id' | 'beat'>): Promise<boolean> {
    return this.#instances.get(id)?.beat === beat && this.#instances.delete(id);
  }

  async claimPlace({ instanceId, place, takesSignatures, now }: PlaceClaim): Promise<PlaceAnswer> {
    const listed = this.#instances.get(instanceId);
    if (listed === undefined) return { isListed: false, since: null };
    this.#instances.set(instanceId, { ...listed, place, takesSignatures });
    if (!takesSignatures) return { isListed: true, since: null };
    if (this.#granted?.place === place) return { isListed: true, since: this.#granted.since };
    const isElsewhere = [...this.#instances.values()].some(
      (other) => other.takesSignatures && other.place !== place && other.id !== instanceId,
    );
    if (isElsewhere) return { isListed: true, since: null };
    const since = this.#granted === null ? 0 : Math.max(now, this.#granted.since);
    this.#granted = { place, since };
    return { isListed: true, since };
  }

  watch(onHint: () => void): FeedWatch {
    // A function of its own, so that one callback can be passed twice.
    const callWatcher = (): void => onHint();
    this.#watchers.add(callWatcher);
    return {
      mode: () => 'push',
      stop: async () => void this.#watchers.delete(callWatcher),
    };
  }

  #findNext(instanceId: string): ListedBeat | null {
    const others = [...this.#instances.values()].filter(({ id }) => id !== instanceId);
    const sorted = others.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    const next = sorted.find(({ id }) => id > instanceId) ?? sorted[0];
    return next === undefined ? null : { id: next.id, beat: next.beat, leaseMs: next.leaseMs };
  }

  /** The entries after the first `start` ones, up to sequence number `end`. */
  #changes(start: number, end: number): readonly FeedChange[] {
    const { events, removedEvents } = this.#trail();
    const [from, to] = [start - removedEvents, end - removedEvents];
    return events.slice(Math.max(0, from), Math.max(0, to)).map((event) => {
      const { sequence, keyId, keyVersion, ownerId, ownerVersion, action, hash } = parseAuditEntry(
        event,
        event.hash,
      );
      return keyId === null
        ? { sequence, keyId, ownerId, ownerVersion: ownerVersion ?? 0, action, hash }
        : { sequence, keyId, keyVersion: keyVersion ?? 0, action, hash };
    });
  }
}
