import { toApiKey } from '../domain/api-key-view.js';
import type { Pepper } from '../crypto/peppers.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { ExpirySweep } from '../manage/expiry-sweep.js';
import { GraceStarts } from '../manage/grace-starts.js';
import { Housekeeper } from '../manage/housekeeper.js';
import { startGrace } from '../manage/start-grace.js';
import { createNotice, readThresholds } from '../options/expiry-notices-option.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { ChangeAnnouncer } from '../ports/change-announcer.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import { createEventDispatcher } from './create-event-dispatcher.js';

/** What an instance does besides answering requests. */
export interface BackgroundWork {
  /** Starts the grace periods that begin with the first use of a new secret. */
  readonly graces: GraceStarts;
  /** Records from when on events are delivered. */
  open(): Promise<void>;
  /** Starts expiry notices, the removal of expired rows and the delivery of events. */
  start(): void;
  /** Whether this process has work that nobody asks for: events or notices to deliver, or rows to remove at the moment. */
  isBusy(): boolean;
  /** Makes up for what was due in a quiet time. */
  resume(): void;
  /** Waits for work in progress. */
  stop(): Promise<void>;
}

/** What background work needs. */
export interface BackgroundWorkParts {
  readonly options: ResolvedOptions;
  readonly store: KeyStore;
  readonly sealer: AuditSealer;
  readonly changes: ChangeAnnouncer;
  /** Whether this process has left the list of processes because nothing needs it there. */
  readonly isQuiet: () => boolean;
  readonly keyspaces: Keyspaces;
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly logger: Logger;
}

/** Creates it; nothing is started yet. */
export function createBackgroundWork(parts: BackgroundWorkParts): BackgroundWork {
  const { options, store, sealer, changes, logger } = parts;
  const { clock } = options;
  const graces = new GraceStarts((use) => startGrace({ store, changes, clock }, use), logger);
  const sweep = createExpirySweep(parts);
  const housekeeper = new Housekeeper({
    ...{ store, sealer, clock, logger, isPaused: parts.isQuiet },
    ...options.retention,
  });
  const dispatcher = createEventDispatcher(parts);
  return {
    graces,
    open: async () => dispatcher?.open(),
    start() {
      sweep?.start();
      housekeeper.start();
      dispatcher?.start();
    },
    isBusy: () => sweep !== null || dispatcher !== null || housekeeper.isBusy || graces.isWaiting,
    resume: () => housekeeper.resume(),
    async stop() {
      await Promise.all([graces.stop(), sweep?.stop(), housekeeper.stop(), dispatcher?.stop()]);
    },
  };
}

/** `null` without the option `expiryNotices`. */
function createExpirySweep({ options, store, keyspaces, logger }: BackgroundWorkParts): ExpirySweep | null {
  const { clock, expiryNotices } = options;
  if (expiryNotices === undefined) return null;
  return new ExpirySweep({
    store,
    keyspace: keyspaces.native,
    clock,
    logger,
    thresholds: readThresholds(expiryNotices),
    notify: (record, notice) => expiryNotices.notify?.(createNotice(toApiKey(record, clock.now()), notice)),
  });
}
