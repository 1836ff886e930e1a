import type { ChangeLane, ChangeQueuing, KeyStore, KeyStoreTransaction } from './key-store.js';

/** How a change is queued that has a share of its lane. */
export interface SharedQueuing extends ChangeQueuing {
  readonly lane: ChangeLane;
  readonly share: string;
}

/**
 * A store of which every change says how it is queued: those that do not would wait in one line, in which one caller delays all
 * others. Every `KeyStore` is one; whatever changes something takes this type.
 */
export interface QueuedStore extends KeyStore {
  transact<T>(work: (transaction: KeyStoreTransaction) => Promise<T>, queuing: SharedQueuing): Promise<T>;
}
