import { startOfFeed, type FeedPosition } from '../ports/change-feed.js';

/**
 * The last change that this process has seen committed. A server that lacks it is behind: a replica that lags, or an old
 * primary to which a connection was kept over a failover. Its reads must not be taken for the present.
 */
export class SeenPosition {
  #position: FeedPosition = startOfFeed;

  get current(): FeedPosition {
    return this.#position;
  }

  /** Takes note of a committed change, in any order. */
  note(position: FeedPosition): void {
    if (position.sequence > this.#position.sequence) this.#position = position;
  }

  /** The database may be another one than it was, restored from a backup: what was seen says nothing any more. */
  forget(): void {
    this.#position = startOfFeed;
  }
}
