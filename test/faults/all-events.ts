import type { AuditEntry } from '../../lib/domain/audit-entry.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';

/** A store of the test's own, around every process and proxy. */
export function openStore(databaseUrl: string): KeyStore {
  const logger = { warn: () => undefined, error: () => undefined };
  return databaseUrl.startsWith('file:')
    ? sqliteStore({ file: databaseUrl.slice('file:'.length), migrate: 'check' })
    : postgresStore({ connection: databaseUrl, logger, migrate: 'check' });
}

/** The whole audit trail, oldest first. */
export async function allEvents({ databaseUrl }: { databaseUrl: string }): Promise<readonly AuditEntry[]> {
  const store = openStore(databaseUrl);
  await store.open();
  try {
    const events: AuditEntry[] = [];
    for (;;) {
      const page = await store.listEvents({ limit: 500, before: events.at(-1)?.sequence });
      if (page.length === 0) return events.toReversed();
      events.push(...page);
    }
  } finally {
    await store.close();
  }
}
