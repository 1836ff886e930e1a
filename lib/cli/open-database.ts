import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setupHost, type WithSetupHost } from '../domain/setup-host.js';
import type { CommandHost } from './command.js';
import { CommandError } from './command-error.js';
import { isInstance, type Instance } from './instance.js';
import { startForCommand } from './start-for-command.js';

/** The variables of the environment for a command without a module of the app. */
export const databaseVariables = {
  database: 'DATABASE_URL',
  schema: 'API_KEYS_SCHEMA',
  redis: 'REDIS_URL',
  pepper: 'API_KEYS_PEPPER',
} as const;

/** The scope of an instance that knows none of the app. It is never granted. */
const scopes = { 'unknown:unknown': 'The scopes of the app are not known here' };

/** The commands that change structures only need no pepper. */
type Purpose = 'keys' | 'tables';

/**
 * Makes an instance on the database that the environment names. It knows no scopes, plans, formats and policies of the app.
 *
 * @param purpose - `tables`: no key and no entry of the audit log is read or written
 * @throws CommandError
 */
export async function openDatabase(
  { environment, loadPackage }: Pick<CommandHost, 'environment' | 'loadPackage'>,
  purpose: Purpose = 'keys',
): Promise<Instance> {
  const read = (name: keyof typeof databaseVariables): string | undefined =>
    environment[databaseVariables[name]] === '' ? undefined : environment[databaseVariables[name]];
  const [database, schema, pepper, redis] = [read('database'), read('schema'), read('pepper'), read('redis')];
  if (database === undefined)
    throw new CommandError(`The variable ${databaseVariables.database} is not set.`, 2);
  if (purpose === 'keys') {
    refuseMissingFile(database);
    if (pepper === undefined) {
      throw new CommandError(
        `The variable ${databaseVariables.pepper} is not set. It has to have the pepper of the app, under which entries of the audit log are sealed.`,
        2,
      );
    }
  }
  const { createApiKeys } = (await loadPackage()) as { createApiKeys(options: object): unknown };
  const instance = createApiKeys({
    prefix: 'unknown',
    scopes,
    database: { connection: database, schema, migrate: 'check' },
    pepper: purpose === 'tables' ? randomBytes(32).toString('base64url') : pepper,
    ...(redis === undefined || purpose === 'tables' ? {} : { redis }),
    // What fails is thrown, and what the options of the app would say is not known.
    logger: { warn: () => undefined, error: () => undefined },
  });
  if (!isInstance(instance) || !hasSetupHost(instance))
    throw new CommandError('The package has no instance for this program.');
  startForCommand(instance);
  if (purpose === 'keys') await checkPepper(instance);
  return instance;
}

function hasSetupHost(instance: Instance): instance is Instance & WithSetupHost {
  return setupHost in instance;
}

/**
 * Refuses the pepper of another database: with that, entries of the audit log would be added that no process of the app can verify.
 *
 * @throws CommandError
 */
async function checkPepper(instance: Instance & WithSetupHost): Promise<void> {
  const database = await instance[setupHost].examineDatabase();
  const { sampled, known } = database?.digests ?? { sampled: 0, known: 0 };
  if (sampled === 0 || known > 0) return;
  await instance.close();
  throw new CommandError(
    `${databaseVariables.pepper} is the pepper of another database: none of the ${sampled} secrets that were looked at was made with it. Nothing was changed.`,
    2,
  );
}

/** Opening a file would create it. */
function refuseMissingFile(database: string): void {
  if (!database.startsWith('file:')) return;
  const path = database.startsWith('file:///') ? fileURLToPath(database) : database.slice('file:'.length);
  if (!existsSync(path))
    throw new CommandError(`There is no file ${path}, which ${databaseVariables.database} names.`, 2);
}
