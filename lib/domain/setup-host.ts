import type { SchemaFacts, SetupFacts } from './setup-facts.js';

/**
 * Where an instance keeps what the program `api-keys` examines. A registered symbol, because the program and the app may load
 * the package as different kinds of modules.
 */
export const setupHost: unique symbol = Symbol.for('express-api-keys.setup-host');

/** An instance, for the program. */
export interface WithSetupHost {
  readonly [setupHost]: SetupHost;
}

/** The part of an instance that examines its set-up. */
export interface SetupHost {
  /**
   * Examines database, Redis and other processes. Applies no migration; starts the instance where none is pending. Never
   * rejects.
   */
  examine(): Promise<SetupFacts>;
  /** The migrations of its database; `null` for a store of the app. */
  readonly migrations: SchemaMigrations | null;
}

/** The migrations of a database. */
export interface SchemaMigrations {
  /**
   * Reads what is pending; changes nothing.
   *
   * @throws ApiKeysError `unavailable` with the reason
   */
  read(): Promise<SchemaFacts>;
  /**
   * Applies what is pending, whatever the option `migrate` says.
   *
   * @throws ApiKeysError `unavailable` with the reason, InvalidOptionError when the tables are newer than the package
   */
  apply(): Promise<void>;
}
