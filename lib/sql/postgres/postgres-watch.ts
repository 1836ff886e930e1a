import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedWatch } from '../../ports/change-feed.js';
import type { WatchSource } from '../sql-database.js';
import { notifyChannel } from './notify-channel.js';
import { listen } from './postgres-listener.js';
import type { PgListenerClient, PostgresListener } from './postgres-listener.js';

/** How often the store is polled without a listening connection, in milliseconds. */
const pollEveryMs = 100;
/** How often it is checked whether the listening connection has missed a change that beats have returned, in milliseconds. */
const checkEveryMs = 3_000;
/** After so many checks a statement is sent on the listening connection though nothing was missed. */
const checksPerProbe = 4;
/**
 * The pause before the first reconnect, in milliseconds; a lost connection is often back at once: a backend was
 * ended, a failover is over.
 */
const firstPauseMs = 50;
const laterPauseMs = 1_000;

/** The clients and queries of {@link watchPostgres}. */
export interface PostgresWatchSource extends WatchSource {
  readonly schema: string;
  /** Creates a client, not connected; `null` when that is impossible. */
  createClient(): Promise<PgListenerClient | null>;
}

/**
 * Listens to the notifications of committed changes (`pg_notify` in {@link moveAuditHead}). While there is no
 * listening connection, or it receives nothing although there are changes (behind a transaction pooler `listen`
 * succeeds and does nothing), the sequence number of the last change is polled.
 */
export function watchPostgres(source: PostgresWatchSource, onHint: () => void): FeedWatch {
  const { schema } = source;
  const stopping = new AbortController();
  const { signal } = stopping;
  let listener: PostgresListener | undefined;
  let isPushed = false;

  const sendHint = (): void => {
    if (!signal.aborted) onHint();
  };
  /** Waits without keeping the process alive. Ends early, without an error, when the watch is stopped. */
  const pause = (milliseconds: number, earlier = signal): Promise<unknown> =>
    sleep(milliseconds, undefined, { ref: false, signal: earlier }).catch(() => undefined);

  /**
   * Runs one connection from its beginning to its end; resolves to whether it ever listened, `null` when there can be
   * no connection.
   */
  async function listenOnce(): Promise<boolean | null> {
    const client = await source.createClient();
    if (client === null) return null;
    if (signal.aborted) return false;
    const lost = new AbortController();
    const over = AbortSignal.any([signal, lost.signal]);
    let heard = 0;
    const current = listen(client, notifyChannel(schema), schema, {
      onNumber(sequence) {
        if (Number.isSafeInteger(sequence)) heard = sequence;
        sendHint();
      },
      onLost: () => lost.abort(),
    });
    listener = current;
    let hasListened = false;
    try {
      await current.ready;
      heard = (await current.ask()) ?? 0;
      hasListened = isPushed = true;
      // There may have been changes while no connection listened.
      sendHint();
      let expected = heard;
      for (let checks = 1; ; checks += 1) {
        await pause(checkEveryMs, over);
        if (over.aborted) return true;
        const known = source.lastSeen();
        const isUnsuspicious = heard >= known && heard >= expected;
        if (isUnsuspicious && checks % checksPerProbe !== 0) continue;
        const answer = await current.ask();
        const last = answer ?? 0;
        // An old primary to which this connection was kept over a failover will not notify of anything any more.
        if (answer !== null && answer < known) return true;
        // A change from before the last check has had enough time to be notified; a later one may still be on its
        // way.
        isPushed = heard >= expected;
        if (last > heard) sendHint();
        expected = last;
      }
    } catch {
      return hasListened;
    } finally {
      isPushed = false;
      await current.end();
    }
  }

  async function keepListening(): Promise<void> {
    while (!signal.aborted) {
      const hasListened = await listenOnce().catch(() => false);
      if (hasListened === null) return;
      await pause(hasListened ? firstPauseMs : laterPauseMs);
    }
  }

  async function poll(): Promise<void> {
    let seen = -1;
    while (!signal.aborted) {
      await pause(pollEveryMs);
      if (isPushed || signal.aborted) continue;
      const last = await source.readLast().catch(() => seen);
      if (last === seen) continue;
      seen = last;
      sendHint();
    }
  }

  void keepListening();
  void poll();

  return {
    mode: () => (isPushed ? 'push' : 'poll'),
    async stop() {
      stopping.abort();
      await listener?.end();
    },
  };
}
