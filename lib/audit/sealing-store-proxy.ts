import type { AuditEntryDraft } from '../domain/audit-entry.js';
import { proxyMethods } from '../domain/proxy-methods.js';
import { serializeAuditEntry } from '../ports/audit-chain.js';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { KeyStore, KeyStoreTransaction } from '../ports/key-store.js';

/** The steps of a transaction that write an audit entry; the entry is always their second argument. */
type WritingStep = {
  [M in keyof KeyStoreTransaction]-?: KeyStoreTransaction[M] extends (...args: infer A) => unknown
    ? A extends readonly [unknown, AuditEntryDraft]
      ? M
      : never
    : never;
}[keyof KeyStoreTransaction];

/** A record and not a list, so that the compiler reports a missing step. */
const writingSteps: Readonly<Record<WritingStep, true>> = {
  insert: true,
  update: true,
  remove: true,
  noteExpiry: true,
  revokeToken: true,
  carry: true,
  trim: true,
  putOwner: true,
  putWebhook: true,
  removeWebhook: true,
};

/** Any such step. */
type AnyStep = (subject: unknown, event: AuditEntryDraft) => Promise<unknown>;

/**
 * Wraps a store in a Proxy that adds a salt and a MAC to every audit entry that a transaction writes. It wraps the store itself, so that
 * no command can forget it; all other members pass through, including members that are added to stores later.
 */
export function createSealingStoreProxy(store: KeyStore, sealer: AuditSealer): KeyStore {
  const transact: KeyStore['transact'] = (work, queuing) =>
    store.transact((transaction) => work(createSealingTransactionProxy(transaction, sealer)), queuing);
  return proxyMethods(store, (name) => (name === 'transact' ? transact : undefined));
}

function createSealingTransactionProxy(
  transaction: KeyStoreTransaction,
  sealer: AuditSealer,
): KeyStoreTransaction {
  /** The MAC depends on the position of the entry, so each step has to wait for the one before. */
  let previous: Promise<unknown> | null = null;

  function sealStep(step: AnyStep): AnyStep {
    const run: AnyStep = (subject, event) => step(subject, addMac(event, transaction, sealer));
    return (subject, event) => {
      const result = previous === null ? run(subject, event) : previous.then(() => run(subject, event));
      previous = result.catch(() => undefined);
      return result;
    };
  }

  return proxyMethods(transaction, (name) => {
    if (!Object.hasOwn(writingSteps, name)) return undefined;
    const step = transaction[name as WritingStep].bind(transaction) as unknown as AnyStep;
    return sealStep(step);
  });
}

function addMac(
  event: AuditEntryDraft,
  { position }: Pick<KeyStoreTransaction, 'position'>,
  sealer: AuditSealer,
): AuditEntryDraft {
  const { mac: _, ...unsealed } = event;
  const draft = { ...unsealed, salt: sealer.drawSalt() };
  const { payload } = serializeAuditEntry(draft, position.sequence + 1);
  return { ...draft, mac: sealer.seal(position.hash, payload) };
}
