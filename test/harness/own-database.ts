import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../servers/postgres.cjs';

/** An empty database that is used by nothing else. */
export interface OwnDatabase {
  readonly url: string;
  /** `null` on SQLite. */
  readonly port: number | null;
  remove(): Promise<void>;
}

/** Makes one on the PostgreSQL of the tests, or as a file in a folder of its own. */
export async function makeOwnDatabase(kind: 'PostgreSQL' | 'SQLite'): Promise<OwnDatabase> {
  if (kind === 'PostgreSQL') {
    const database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    return { url: database.url, port: Number(new URL(database.url).port), remove: database.drop };
  }
  const folder = await mkdtemp(join(tmpdir(), 'own-database-'));
  return {
    url: `file:${join(folder, 'keys.sqlite')}`,
    port: null,
    remove: () => rm(folder, { recursive: true }),
  };
}
