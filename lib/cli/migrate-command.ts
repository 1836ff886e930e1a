import { setupHost, type SchemaMigrations, type WithSetupHost } from '../domain/setup-host.js';
import type { SchemaFacts } from '../domain/setup-facts.js';
import type { Command, CommandArguments, CommandHost } from './command.js';
import { CommandError } from './command-error.js';
import type { Instance } from './instance.js';
import { databaseVariables, openDatabase } from './open-database.js';
import { instanceOptions, openInstance } from './open-instance.js';

/** `api-keys migrate` */
export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Applies pending migrations of the tables, and lists them.',
  description:
    "It needs a database user who may create tables, also where the app has migrate: 'check'. Make a backup first.\n\n" +
    '  api-keys migrate --app ./api-keys.js --dry-run',
  options: {
    ...instanceOptions,
    app: { ...instanceOptions.app, help: 'The module of your app. Default: the database of DATABASE_URL.' },
    create: { help: 'Without --app: creates the tables where there are none, instead of refusing.' },
    'dry-run': { help: 'Lists what is pending, and applies nothing.' },
    json: { help: 'Prints JSON.' },
  },
  async run(given, host) {
    const { terminal } = host;
    const instance = given.hasFlag('app')
      ? await openInstance(given, host)
      : await openDatabase(host, 'tables');
    try {
      const migrations = findMigrations(instance);
      const schema = await migrations.read();
      refuseNewer(schema);
      const isDry = given.hasFlag('dry-run');
      if (!given.hasFlag('app') && !given.hasFlag('create') && !isDry) refuseMissing(schema);
      if (!isDry && schema.pending.length > 0) await migrations.apply();
      report(schema, isDry, given, terminal);
      return 0;
    } finally {
      await instance.close();
    }
  },
};

function findMigrations(instance: Instance): SchemaMigrations {
  const { [setupHost]: host } = instance as Instance & Partial<WithSetupHost>;
  if (host === undefined) throw new CommandError('The app has another version of express-api-keys.', 2);
  if (host.migrations === null)
    throw new CommandError('The app has a store of its own, which has no migrations here.', 2);
  return host.migrations;
}

function refuseNewer({ version, known }: SchemaFacts): void {
  if (version <= known) return;
  throw new CommandError(
    `The tables are at version ${version}, and this version of express-api-keys knows only ${known}: upgrade it.`,
  );
}

/** More likely than a new database is another schema or another database than that of the app. */
function refuseMissing({ version }: SchemaFacts): void {
  if (version > 0) return;
  throw new CommandError(
    `There are no tables. Is ${databaseVariables.schema} the schema of the app? Write --create to create them, or --app FILE.`,
    2,
  );
}

function report(
  { version, known, pending }: SchemaFacts,
  isDry: boolean,
  given: CommandArguments,
  terminal: CommandHost['terminal'],
): void {
  if (given.hasFlag('json')) {
    terminal.print(JSON.stringify({ version, known, pending, applied: !isDry }, null, 2));
    return;
  }
  for (const [index, name] of pending.entries()) terminal.print(`${version + index + 1} ${name}`);
  if (pending.length === 0) terminal.say(`Nothing is pending: the tables are at version ${version}.`);
  else
    terminal.say(
      isDry
        ? `${pending.length} migrations are pending: the tables are at version ${version}.`
        : `${pending.length} migrations were applied: the tables are at version ${known}.`,
    );
}
