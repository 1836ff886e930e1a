import { setTimeout as sleep } from 'node:timers/promises';
import { toOwnerStanding, type OwnerStanding } from '../domain/owner.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { ForeignFormat } from '../domain/foreign-format.js';
import { ApiKeysError, isProblem } from '../errors.js';
import type { FeedPosition } from '../ports/change-feed.js';
import {
  assertSameRow,
  createImportMark,
  isAsImported,
  isSameKey,
  otherHashMessage,
  type ImportMark,
} from './import-mark.js';
import { createAuditEntry } from './audit-entry.js';
import { createNeutralQueuing } from './change-queuing.js';
import type { ChangeContext } from './change.js';
import { createImportedKey, readRow, type ImportedKey, type ReadRow } from './imported-key.js';
import type { ManagePorts } from './manage-ports.js';

/** How far an import is. */
export interface ImportProgress {
  /** How many rows were read. */
  readonly rows: number;
  /** How many keys were imported, or would be in a dry run. */
  readonly imported: number;
  /**
   * How many keys there were before, or came earlier in the rows: nothing was changed about them. Where a row has another hash than
   * its key, that is among the problems.
   */
  readonly alreadyImported: number;
  /** How many rows were left out because something is wrong with them. */
  readonly invalid: number;
}

/** What is wrong with one field of one row. */
export interface ImportProblem {
  /** 1 for the first row. */
  readonly row: number;
  /** `row` for the row as a whole. */
  readonly field: string;
  /** What to write instead; never what was there. */
  readonly message: string;
}

/** What an import has done. */
export interface ImportReport extends ImportProgress {
  /** The first 1,000. */
  readonly problems: readonly ImportProblem[];
}

/** What is imported. */
export interface ImportInput {
  readonly format: ForeignFormat;
  readonly rows: Iterable<unknown> | AsyncIterable<unknown>;
  /** Whether nothing is written. */
  readonly dryRun: boolean;
  /** Called after every batch. When it throws, the import stops: what was imported stays. */
  readonly onProgress?: ((progress: ImportProgress) => unknown) | undefined;
  /** Called with every problem, also with those beyond the first 1,000. When it throws, the import stops. */
  readonly onProblem?: ((problem: ImportProblem) => unknown) | undefined;
}

/** Rows in one transaction: all other changes wait for it. */
const batchSize = 20;
/** How often one key is written, and half of the first pause in between, in milliseconds. */
const maxAttempts = 5;
const pauseMs = 100;
/** How many problems a report lists. */
export const maxProblems = 1_000;

/** @throws ApiKeysError `forbidden` to owners and keys */
export function assertMayImport({ actor: { kind } }: Pick<ChangeContext, 'actor'>): void {
  if (kind === 'admin' || kind === 'application') return;
  throw new ApiKeysError('forbidden', { detail: 'Only an admin may import API keys.' });
}

interface NumberedRow {
  readonly row: number;
  readonly read: ReadRow;
}

interface Candidate extends ImportedKey {
  readonly row: number;
}

/**
 * Imports keys of another system, in the order of the rows. The id of a key follows from what is imported, so that an import that
 * was interrupted at any point can be run again from the start: what is there already is counted and left as it is.
 *
 * @throws ApiKeysError `forbidden` to owners and keys; `unavailable` when the store does not respond: run it again
 */
export async function importKeys(
  ports: ManagePorts,
  context: ChangeContext,
  { format, rows, dryRun, onProgress, onProblem }: ImportInput,
): Promise<ImportReport> {
  assertMayImport(context);
  const progress = { rows: 0, imported: 0, alreadyImported: 0, invalid: 0 };
  const problems: ImportProblem[] = [];
  const unreported: ImportProblem[] = [];
  const invalidRows = new Set<number>();
  const seen = new Map<string, ImportMark>();

  function note(problem: ImportProblem): void {
    if (problems.length < maxProblems) problems.push(problem);
    if (onProblem !== undefined) unreported.push(problem);
  }

  /** Rejects rows that a field error explains. */
  function tryRow<T>(row: number, make: () => T): T | null {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof ApiKeysError) || !isProblem(error, 'invalid_request')) throw error;
      if (!invalidRows.has(row)) progress.invalid += 1;
      invalidRows.add(row);
      for (const { field, message } of error.errors ?? []) note({ row, field, message });
      return null;
    }
  }

  async function reportProblems(): Promise<void> {
    for (const problem of unreported.splice(0)) await onProblem?.(problem);
  }

  async function importBatch(batch: readonly NumberedRow[]): Promise<void> {
    const now = ports.clock.now();
    const owners = await findOwners(
      ports,
      batch.map(({ read }) => read.fields.ownerId),
    );
    const candidates = batch.flatMap(({ row, read }): Candidate[] => {
      const owner = owners.get(read.fields.ownerId) ?? null;
      const made = tryRow(row, () => createImportedKey(ports, context, read, owner, now));
      return made === null ? [] : [{ row, ...made }];
    });
    const taken = await ports.store.findTaken(candidates.flatMap(({ ids }) => ids));
    const marks = await findMarks(ports, [...taken]);
    const fresh = candidates.filter(({ row, record, ids }) => {
      const mark = createImportMark(record);
      const earlier = seen.get(record.id);
      const known = ids.flatMap((id) => marks.get(id) ?? []);
      const isChecked = tryRow(row, () => {
        if (earlier !== undefined) assertSameRow(earlier, mark);
        if (!known.every((each) => isSameKey(each, mark)))
          note({ row, field: 'hash', message: otherHashMessage });
        return true;
      });
      if (earlier === undefined && !ids.some((id) => taken.has(id))) {
        seen.set(record.id, mark);
        return true;
      }
      if (isChecked !== null) progress.alreadyImported += 1;
      return false;
    });
    await reportProblems();
    const written = dryRun ? fresh.length : await writeBatch(ports, context, fresh, now);
    progress.imported += written;
    progress.alreadyImported += fresh.length - written;
    invalidRows.clear();
    await onProgress?.({ ...progress });
  }

  let batch: NumberedRow[] = [];
  for await (const given of rows) {
    progress.rows += 1;
    const row = progress.rows;
    const read = tryRow(row, () => readRow(ports, format, given, ports.clock.now()));
    await reportProblems();
    if (read !== null) batch.push({ row, read });
    if (batch.length < batchSize) continue;
    await importBatch(batch);
    batch = [];
  }
  await importBatch(batch);
  return { ...progress, problems };
}

/** Reads the marks of imported keys by their ids; a key that was rotated or removed has none. */
async function findMarks(
  { store }: ManagePorts,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ImportMark>> {
  const records = await Promise.all(ids.map((id) => store.find(id)));
  return new Map(
    records.flatMap((record) =>
      record === null || !isAsImported(record) ? [] : [[record.id, createImportMark(record)] as const],
    ),
  );
}

async function findOwners(
  { store }: ManagePorts,
  ownerIds: readonly string[],
): Promise<ReadonlyMap<string, OwnerStanding | null>> {
  const entries = [...new Set(ownerIds)].map(
    async (id) => [id, toOwnerStanding(await store.owners.find(id))] as const,
  );
  return new Map(await Promise.all(entries));
}

/**
 * Writes a batch in one transaction; when it is refused or takes too long, for example because another import runs at the same
 * time, key by key. Returns how many keys were written: the others were there before.
 */
async function writeBatch(
  ports: ManagePorts,
  context: ChangeContext,
  keys: readonly Candidate[],
  now: number,
): Promise<number> {
  if (keys.length === 0) return 0;
  try {
    return await writeKeys(ports, context, keys, now);
  } catch {
    let written = 0;
    for (const key of keys) if (await writeAlone(ports, context, key, now)) written += 1;
    return written;
  }
}

/**
 * Writes one key, and tries again when that fails: an import is long, and most outages are short.
 *
 * @returns whether it was written: not, when there is a key with one of its ids already, or was one that is removed
 * @throws what the last attempt failed with
 */
async function writeAlone(
  ports: ManagePorts,
  context: ChangeContext,
  key: Candidate,
  now: number,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // An attempt that failed may have been committed all the same.
      return (await writeKeys(ports, context, [key], now)) === 1 || (await isWritten(ports, key));
    } catch (error) {
      if (attempt === maxAttempts) throw error;
      await sleep(2 ** attempt * pauseMs);
    }
  }
}

/** Whether it is this very key that is stored, and not one that was imported by somebody else. */
async function isWritten({ store }: ManagePorts, { record }: Candidate): Promise<boolean> {
  const found = await store.find(record.id);
  const [credential] = record.credentials;
  return found?.credentials.some(({ id }) => id === credential?.id) ?? false;
}

/**
 * Writes those of the keys none of whose ids is taken, under whichever pepper. Returns how many. That is looked at within the
 * transaction: two imports at the same time may know the peppers in another order, and derive another id first.
 */
async function writeKeys(
  ports: ManagePorts,
  context: ChangeContext,
  keys: readonly Candidate[],
  now: number,
): Promise<number> {
  const written = await ports.store.transact(async (transaction) => {
    const taken = await transaction.findTaken(keys.flatMap(({ ids }) => ids));
    const positions: { readonly record: ApiKeyRecord; readonly position: FeedPosition }[] = [];
    for (const { record, ids } of keys) {
      if (ids.some((id) => taken.has(id))) continue;
      await transaction.insert(record, createAuditEntry(context, 'key.imported', record, []));
      positions.push({ record, position: transaction.position });
    }
    return positions;
  }, createNeutralQueuing(context));
  // Nothing was taken away, so no confirmation is needed.
  ports.changes.announce(
    written.map((each) => ({ ...each, action: 'key.imported' as const })),
    now,
  );
  return written.length;
}
