import { once } from 'node:events';
import type { Server } from 'node:http';
import { BadSettingError } from './bad-setting-error.js';
import { formatUrl, type Settings } from './config.js';
import { getErrorCode } from './get-error-code.js';

const freePort = 'set PORT to a free port, as in PORT=3001';
const ownAddress = 'set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0';

/** What to set when the port or the address is not available. */
const adviceByCode: Readonly<Record<string, string>> = {
  EADDRINUSE: freePort,
  EACCES: 'set PORT to a port above 1023, as in PORT=3000',
  EADDRNOTAVAIL: ownAddress,
  ENOTFOUND: ownAddress,
  EAI_AGAIN: ownAddress,
};

/**
 * Listens on the port and the address of the settings.
 *
 * @throws BadSettingError that states what to set instead
 */
export async function listen(server: Server, { port, host }: Settings): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = getErrorCode(error);
    const advice = adviceByCode[code] ?? `${freePort}, or ${ownAddress}`;
    throw new BadSettingError(`Cannot listen on ${host}:${port} (${code}); ${advice}`);
  }
}

/** Describes where the service listens and, if the address differs, where callers reach it. */
export function describeAddress({ host, port, publicUrl }: Settings): string {
  const isLocal = host === 'localhost' || host === '::1' || host.startsWith('127.');
  const listensOn = formatUrl(host, port);
  return (
    `Listening on ${listensOn}${isLocal ? '' : ', open to the network'}` +
    (publicUrl === listensOn ? '' : `; reached at ${publicUrl}`)
  );
}
