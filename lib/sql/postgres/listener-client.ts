import { loadDriver } from '../load-driver.js';
import type { PgListenerClient } from './postgres-listener.js';
import type { PgPool } from './postgres-pool.js';

type ClientConstructor = new (config: unknown) => PgListenerClient;

/**
 * Creates a client outside of any pool, not yet connected, because a listening client is never released and would
 * starve a small pool. For the app's pool it is created as the pool itself creates its clients (pg-pool,
 * `newClient`).
 *
 * @returns `null` when the pool does not expose how
 */
export async function createListenerClient(connection: string | PgPool): Promise<PgListenerClient | null> {
  if (typeof connection === 'string') {
    const { Client } = (await loadDriver('pg', 'PostgreSQL')) as { Client: ClientConstructor };
    return new Client({ connectionString: connection, application_name: 'express-api-keys' });
  }
  const { Client, options } = connection as { readonly Client?: unknown; readonly options?: unknown };
  if (typeof Client !== 'function' || typeof options !== 'object' || options === null) return null;
  // Not a copy, because the pool hides its password from being copied.
  return new (Client as ClientConstructor)(options);
}
