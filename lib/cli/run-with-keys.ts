import type { CommandArguments, CommandHost, OptionDefinition } from './command.js';
import { CommandError } from './command-error.js';
import type { ManagedKeys } from './instance.js';
import { databaseVariables, openDatabase } from './open-database.js';
import { instanceOptions, openInstance } from './open-instance.js';
import { actorOption } from './read-actor.js';
import { createRemoteAudit } from './remote/remote-audit.js';
import { RemoteClient } from './remote/remote-client.js';
import { createRemoteKeys } from './remote/remote-keys.js';
import { createRemoteOwners } from './remote/remote-owners.js';
import { readRemoteAddress } from './remote/read-remote-address.js';

/** The options of every command that manages keys. */
export const managingOptions: Readonly<
  Record<'app' | 'export' | 'url' | 'header' | 'token-stdin' | 'actor' | 'json', OptionDefinition>
> = {
  ...instanceOptions,
  app: { takes: 'FILE', help: 'The module of your app that exports what createApiKeys() has returned.' },
  url: {
    takes: 'URL',
    help: 'The address of the management API, in place of --app. The credential is in API_KEYS_TOKEN.',
  },
  header: {
    takes: 'NAME',
    help: 'With --url: the header of the credential. Default: Authorization, as Bearer.',
  },
  'token-stdin': { help: 'With --url: the credential is the first line of stdin.' },
  actor: actorOption,
  json: { help: 'Prints JSON.' },
};

/** Whether a command works on a database whose app is not known. */
export type DirectUse = 'withoutApp' | 'withApp';

/**
 * Reaches the keys as the arguments say, runs a command on them, and closes what was opened whatever happens.
 *
 * @param direct - `withApp`: the command needs what only the options of the app say
 * @returns what the command returns: the exit code
 * @throws CommandError
 */
export async function runWithKeys(
  given: CommandArguments,
  host: CommandHost,
  direct: DirectUse,
  run: (managed: ManagedKeys) => Promise<number>,
): Promise<number> {
  const managed = await openKeys(given, host, direct);
  try {
    await managed.ready();
    return await run(managed);
  } finally {
    await managed.close();
  }
}

async function openKeys(given: CommandArguments, host: CommandHost, direct: DirectUse): Promise<ManagedKeys> {
  if (given.hasFlag('url')) {
    if (given.hasFlag('app') || given.hasFlag('export'))
      throw new CommandError('--url and --app contradict each other.', 2);
    if (given.hasFlag('actor'))
      throw new CommandError('--actor is for --app: behind --url, the credential decides who acts.', 2);
    return openRemote(new RemoteClient(await readRemoteAddress(given, host)));
  }
  if (given.hasFlag('header') || given.hasFlag('token-stdin'))
    throw new CommandError('--header and --token-stdin are for --url.', 2);
  if (given.hasFlag('app')) return openInstance(given, host);
  const { [databaseVariables.database]: database = '' } = host.environment;
  if (direct === 'withoutApp' && database !== '') return openDatabase(host);
  const ways = '--app FILE, for example --app ./api-keys.js, or --url https://api.example.com/api-keys';
  throw new CommandError(
    direct === 'withoutApp'
      ? `Where are the keys? Write ${ways}, or set the variable ${databaseVariables.database}.`
      : `Where are the keys? Write ${ways}; a database alone does not know the scopes and options of the app.`,
    2,
  );
}

function openRemote(client: RemoteClient): ManagedKeys {
  const [keys, owners, audit] = [
    createRemoteKeys(client),
    createRemoteOwners(client),
    createRemoteAudit(client),
  ];
  return {
    ready: () => Promise.resolve(),
    close: () => Promise.resolve(),
    keys: { as: () => keys },
    owners: { as: () => owners },
    audit: { as: () => audit },
  };
}
