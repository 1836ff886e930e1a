import type { FeedWatch } from '../../ports/change-feed.js';

/** How often the file is checked, in milliseconds. */
const lookEveryMs = 25;

/**
 * Polls whether the file was written to, and if so, whether the sequence number of the last change is another one.
 *
 * @param dataVersion - returns another number after each commit of other connections; rejects while the file is not
 * open
 * @param lastSequence - returns the sequence number of the last change
 */
export function watchSqlite(
  readDataVersion: () => Promise<number>,
  lastSequence: () => Promise<number>,
  onHint: () => void,
): FeedWatch {
  let version = -1;
  let sequence = -1;
  let isLooking = false;
  let isStopped = false;

  const look = async (): Promise<void> => {
    const current = await readDataVersion();
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
    // The reader of the feed reports failures; the next check comes in any case.
    look()
      .catch(() => undefined)
      .finally(() => (isLooking = false));
  }, lookEveryMs);
  timer.unref();

  return {
    mode: () => 'poll',
    isLocal: true,
    async stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
