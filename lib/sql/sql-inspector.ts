import type { Kysely } from 'kysely';
import { withDeadline } from '../deadline.js';
import type { DatabaseFacts, ProcessFacts, SchemaFacts } from '../domain/setup-facts.js';
import type { DatabaseInspector, InspectedDigests } from '../ports/database-inspector.js';
import { countKnownDigests } from './count-known-digests.js';
import { describeSchema, readSchemaVersion } from './read-schema.js';
import { migrate } from './migrate.js';
import type { MigrateMode, SqlDatabase } from './sql-database.js';
import type { Tables } from './tables.js';
import { TimeBudget } from './time-budget.js';

/** How long one look may take, in milliseconds. */
const deadlineMs = 5_000;

/** The facts that only one of the databases has. */
export type OwnFacts = Partial<
  Pick<
    DatabaseFacts,
    'clockAheadMs' | 'isReadOnly' | 'durabilityOff' | 'noticesFailovers' | 'missingGrants' | 'file'
  >
>;

/** How to look at one of the databases. */
export interface InspectedDatabase {
  readonly database: SqlDatabase;
  readonly mode: MigrateMode;
  /** Describes an error for operators. */
  describeError(error: unknown): string;
  /** What is known before the database is opened; `isThere` false: it must not be opened, because that would create it. */
  look(): { readonly isThere: boolean; readonly facts: OwnFacts };
  /** @param createsTables - whether migrations are pending that this user would apply */
  readOwn(reader: Kysely<Tables>, createsTables: boolean, sample: InspectedDigests): Promise<OwnFacts>;
}

/** Looks at a database of the SQL store, over connections of its own. */
export function createSqlInspector(inspected: InspectedDatabase): DatabaseInspector {
  const { database, mode } = inspected;

  async function withOpen<T>(work: () => Promise<T>): Promise<T> {
    try {
      await database.open();
      return await work();
    } finally {
      await database.close();
    }
  }

  const read = <T>(what: string, work: (reader: Kysely<Tables>) => Promise<T>): Promise<T> =>
    withDeadline(database.read(new TimeBudget(deadlineMs), work), deadlineMs, what);
  const readSchema = async (): Promise<SchemaFacts> =>
    describeSchema(await read('Reading the schema version', (reader) => readSchemaVersion(database, reader)));

  return {
    async inspect(sample) {
      const { isThere, facts } = inspected.look();
      let found: DatabaseFacts = { ...createUnknown(database), ...facts };
      if (!isThere) return { ...found, schema: describeSchema(0) };
      try {
        await withOpen(async () => {
          const schema = await readSchema().catch((error: unknown) => {
            found = { ...found, error: inspected.describeError(error) };
            return null;
          });
          found = { ...found, schema };
          const createsTables = mode === 'auto' && schema !== null && schema.pending.length > 0;
          const own = await read('Examining the database', (reader) =>
            inspected.readOwn(reader, createsTables, sample),
          );
          found = { ...found, ...own };
          if (schema === null || schema.version !== schema.known) return;
          const { pepperIds } = sample;
          const processes = await read('Examining processes', countProcesses).catch(() => null);
          const digests =
            pepperIds === null
              ? null
              : await read('Examining digests', (reader) => countKnownDigests(reader, pepperIds)).catch(
                  () => null,
                );
          found = { ...found, processes, digests };
        });
      } catch (error) {
        found = { ...found, error: found.error ?? inspected.describeError(error) };
      }
      return found;
    },
    read: () => (inspected.look().isThere ? withOpen(readSchema) : Promise.resolve(describeSchema(0))),
    apply: () => withOpen(async () => void (await migrate(database, 'auto', new TimeBudget(deadlineMs)))),
  };
}

async function countProcesses(reader: Kysely<Tables>): Promise<ProcessFacts> {
  const rows = await reader.selectFrom('instances').select('lease_ms').execute();
  return { count: rows.length, longestLeaseMs: Math.max(0, ...rows.map((row) => row.lease_ms)) };
}

function createUnknown({ dialect, label }: SqlDatabase): DatabaseFacts {
  return {
    kind: dialect,
    label,
    error: null,
    schema: null,
    clockAheadMs: null,
    isReadOnly: false,
    durabilityOff: [],
    noticesFailovers: true,
    missingGrants: [],
    digests: null,
    processes: null,
    file: null,
  };
}
