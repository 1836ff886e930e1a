import type { DatabaseFacts, SchemaFacts, SetupFacts } from './setup-facts.js';

/**
 * Where an instance keeps what the program `api-keys` examines. A registered symbol, because the program and the app may load
 * the package as different kinds of modules.
 */
export const setupHost: unique symbol = Symbol.for('express-api-keys.setup-host');

/** An instance, for the program. */
export interface WithSetupHost {
  readonly [setupHost]: SetupHost;
}

/**
 * What an instance is started for. `app`: to serve requests. `command`: to manage keys for a moment; it does no work in the
 * background, which the processes of the app do by their own clocks, and is none of those that count limits together.
 * `examination`: to be looked at; it does no work in the background either, and creates no pepper.
 */
export type StartPurpose = 'app' | 'command' | 'examination';

/** The part of an instance that examines its set-up. */
export interface SetupHost {
  /** Says what the instance will be started for; without effect once it is started. */
  startFor(purpose: StartPurpose): void;
  /**
   * Examines database, Redis and other processes, and changes nothing. Applies no migration; starts the instance for an
   * examination where none is pending. Never rejects.
   */
  examine(): Promise<SetupFacts>;
  /** Examines the database alone; `null` for a store of the app. Never rejects. */
  examineDatabase(): Promise<DatabaseFacts | null>;
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
