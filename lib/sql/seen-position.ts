import { startOfFeed, type FeedPosition } from '../ports/change-feed.js';

/**
 * The last change that this process has seen committed. A server that lacks it is behind: a replica that lags, or an
 * old primary to which a connection was kept over a failover. Its reads do not show the present state.
 */
export class SeenPosition {
  #position: FeedPosition = startOfFeed;

  get current(): FeedPosition {
    return this.#position;
  }

  /** Records a committed change; changes may come in any order. */
  note(position: FeedPosition): void {
    if (position.sequence > this.#position.sequence) this.#position = position;
  }

  /**
   * Forgets the position, because the database may have been restored from a backup: what was seen before is
   * meaningless then.
   */
  forget(): void {
    this.#position = startOfFeed;
  }
}
