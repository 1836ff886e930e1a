import type { FeedWatch } from '../../ports/change-feed.js';

/** How often the file is looked at, in milliseconds. */
const lookEveryMs = 25;

/**
 * Looks again and again whether somebody has written to the file, and if so whether the number of the last change is
 * another one.
 *
 * @param dataVersion - another number after each commit of other connections; rejects while the file is not open
 * @param lastSequence - the number of the last change
 */
export function watchSqlite(
  dataVersion: () => Promise<number>,
  lastSequence: () => Promise<number>,
  onHint: () => void,
): FeedWatch {
  let version = -1;
  let sequence = -1;
  let isLooking = false;
  let isStopped = false;

  const look = async (): Promise<void> => {
    const current = await dataVersion();
    if (current === version) return;
    const last = await lastSequence();
    version = current;
    if (last === sequence || isStopped) return;
    sequence = last;
    onHint();
  };

  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    // What goes wrong here is heard of by whoever reads the feed; the next look comes in any case.
    look()
      .catch(() => undefined)
      .finally(() => (isLooking = false));
  }, lookEveryMs);
  timer.unref();

  return {
    mode: () => 'poll',
    async stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
