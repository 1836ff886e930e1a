import { isIP } from 'node:net';
import type { CommandArguments, CommandHost } from '../command.js';
import { CommandError } from '../command-error.js';
import type { RemoteAddress } from './remote-client.js';

/** The variable of the environment that has the credential. */
export const tokenVariable = 'API_KEYS_TOKEN';
/** Longer than any credential, in bytes. */
const maxTokenBytes = 65_536;

/**
 * Reads where the management API is, and the credential for it: never from the arguments, which the list of processes and the
 * history of the shell have.
 *
 * @throws CommandError
 */
export async function readRemoteAddress(
  given: CommandArguments,
  { environment, terminal }: CommandHost,
): Promise<RemoteAddress> {
  const url = parseUrl(given.getText('url') ?? '');
  const token = given.hasFlag('token-stdin')
    ? await readFirstLine(terminal.input)
    : (environment[tokenVariable] ?? '').trim();
  if (token === '') {
    throw new CommandError(
      `A credential is missing: set the variable ${tokenVariable}, or write --token-stdin and send it to stdin.`,
      2,
    );
  }
  if (!/^[\x20-\x7e]+$/.test(token))
    throw new CommandError('The credential has characters that no header can have.', 2);
  const header = given.getText('header');
  if (header === undefined) return { url, headers: { Authorization: `Bearer ${token}` } };
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header))
    throw new CommandError('--header takes the name of a header, for example X-Admin-Key.', 2);
  // A cookie alone could be one that another site has made a browser send.
  const origin = header.toLowerCase() === 'cookie' ? { Origin: url.origin } : {};
  return { url, headers: { [header]: token, ...origin } };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new CommandError(
      '--url takes the address of the router, for example https://api.example.com/api-keys',
      2,
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new CommandError('--url takes no user, password, query or fragment.', 2);
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw new CommandError(
      '--url needs https://, because the credential is sent there; http:// is for this machine.',
      2,
    );
  return url;
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

async function readFirstLine(input: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (text.includes('\n')) break;
    if (text.length > maxTokenBytes) throw new CommandError('What stdin sends is no credential.', 2);
  }
  return text.split(/\r?\n/)[0]?.trim() ?? '';
}
