import { InvalidOptionError } from '../../errors.js';
import type { PgPool } from './postgres-pool.js';

/**
 * Checks a connection and a schema without loading what connects.
 *
 * @throws InvalidOptionError when one of them is invalid; the message never repeats the connection
 */
export function checkPostgresPlace(connection: string | PgPool, schema: string): void {
  if (typeof connection === 'string') {
    if (!/^postgres(?:ql)?:\/\//.test(connection)) {
      throw new InvalidOptionError(
        'The PostgreSQL connection must be a URL such as postgres://user@host/database',
      );
    }
  } else if (typeof connection?.connect !== 'function') {
    throw new InvalidOptionError('The PostgreSQL connection must be a URL or a pg.Pool');
  }
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new InvalidOptionError(
      'schema must have 1 to 63 lower-case letters, digits and underscores, and not begin with a digit',
    );
  }
}
