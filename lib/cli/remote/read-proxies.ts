import type { ApiKeysStatus } from '../../domain/api-keys-status.js';
import type { ObservedProxies } from '../../domain/observed-proxies.js';
import type { CommandArguments, CommandHost } from '../command.js';
import { CommandError } from '../command-error.js';
import { readRemoteAddress } from './read-remote-address.js';
import { RemoteClient } from './remote-client.js';

/**
 * Asks a process of the app what has arrived at it; `null` from one of an earlier version.
 *
 * @throws CommandError
 */
export async function readProxies(
  given: CommandArguments,
  host: CommandHost,
): Promise<ObservedProxies | null> {
  const client = new RemoteClient(await readRemoteAddress(given, host));
  const status = (await client.send({ path: ['status'] })) as Partial<ApiKeysStatus> | null;
  if (status === null) throw new CommandError('There is no management API at this address.', 2);
  return status.proxies ?? null;
}
