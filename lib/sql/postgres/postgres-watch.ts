import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedWatch } from '../../ports/change-feed.js';
import { notifyChannel } from './notify-channel.js';
import { listen } from './postgres-listener.js';
import type { PgListenerClient, PostgresListener } from './postgres-listener.js';

/** How often the store is asked while nobody tells us, in milliseconds. */
const pollEveryMs = 100;
/** How often the connection that listens is looked after. */
const checkEveryMs = 3_000;
/** A connection that was lost is often back at once: a backend was ended, a failover is over. */
const firstPauseMs = 50;
const laterPauseMs = 1_000;

/** What {@link watchPostgres} needs. */
export interface PostgresWatchSource {
  readonly schema: string;
  /** A new client, not connected; `null` when there can be none. */
  createClient(): Promise<PgListenerClient | null>;
  /** The number of the last change. */
  lastSequence(): Promise<number>;
}

/**
 * Listens to what changes tell when they are committed (`pg_notify` in {@link moveAuditHead}). While there is no
 * connection that listens, or it hears nothing although there are changes (behind a transaction pooler `listen`
 * succeeds and does nothing), the number of the last change is asked for again and again.
 */
export function watchPostgres(source: PostgresWatchSource, onHint: () => void): FeedWatch {
  const { schema } = source;
  const stopping = new AbortController();
  const { signal } = stopping;
  let listener: PostgresListener | undefined;
  let isPushed = false;

  const hint = (): void => {
    if (!signal.aborted) onHint();
  };
  /** Keeps no process alive. Ends early, without an error, when the watch is stopped. */
  const pause = (milliseconds: number, earlier = signal): Promise<unknown> =>
    sleep(milliseconds, undefined, { ref: false, signal: earlier }).catch(() => undefined);

  /** One connection from its beginning to its end; whether it ever listened. `null`: there can be none. */
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
        hint();
      },
      onLost: () => lost.abort(),
    });
    listener = current;
    let hasListened = false;
    try {
      await current.ready;
      heard = (await current.ask()) ?? 0;
      hasListened = isPushed = true;
      // There may have been changes while nobody listened.
      hint();
      let expected = heard;
      for (;;) {
        await pause(checkEveryMs, over);
        if (over.aborted) return true;
        const known = await source.lastSequence().catch(() => 0);
        const answer = await current.ask();
        const last = answer ?? 0;
        // An old primary to which this connection was kept over a failover will tell of nothing any more.
        if (answer !== null && answer < known) return true;
        // What was there at the last check has had time enough to be told; what came since may still be on its way.
        isPushed = heard >= expected;
        if (last > heard) hint();
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
      const last = await source.lastSequence().catch(() => seen);
      if (last === seen) continue;
      seen = last;
      hint();
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
