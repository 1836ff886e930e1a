import { BadSettingError } from './bad-setting-error.js';

const percentEncode =
  'In the user name and the password, percent-encode # as %23, / as %2F, ? as %3F and @ as %40, ' +
  'as in postgres://user:p%23ss@host:5432/name';

/** Parses the URL at which callers reach the service: one to which paths can be appended. */
export function parsePublicUrl(text: string | undefined): string | undefined {
  const url = parseUrl('PUBLIC_URL', text, ['http:', 'https:']);
  if (url === null) return undefined;
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new BadSettingError(
      'PUBLIC_URL takes an address without user, ? and #, as in PUBLIC_URL=https://orders.example.com',
    );
  }
  return url.href.replace(/\/$/, '');
}

/**
 * Requires HTTPS in production, because secrets and tokens are sent to this URL.
 *
 * @param nodeEnv - the value of `NODE_ENV`
 */
export function requireHttps(publicUrl: string, nodeEnv: string | undefined): string {
  const { protocol, hostname } = new URL(publicUrl);
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (nodeEnv !== 'production' || protocol === 'https:' || isLoopback) return publicUrl;
  throw new BadSettingError(
    'PUBLIC_URL must begin with https:// when NODE_ENV is production, as in PUBLIC_URL=https://orders.example.com; ' +
      'http:// is for localhost, 127.0.0.1 and [::1]',
  );
}

/** Parses the URL of a server, which may contain a user and a password. It is returned unchanged. */
export function parseServerUrl(
  name: string,
  text: string | undefined,
  protocols: readonly [string, string],
): string | undefined {
  const begins = protocols.find((protocol) => text?.startsWith(`${protocol}//`));
  const mistake = text === undefined || begins === undefined ? null : findMistake(text);
  if (mistake !== null) throw new BadSettingError(`${name} ${mistake}`);
  return parseUrl(name, text, protocols) === null ? undefined : text;
}

/**
 * Finds a mistake after the protocol. A `#`, `/` or `?` in a password ends the authority early; what remains may still be
 * a valid URL, but of another host.
 */
function findMistake(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.hash) return `contains a #, which no such URL has. ${percentEncode}`;
  const isCutShort = url === null || url.username === '' || url.pathname.includes('@');
  const user = /^\w+:\/\/(.*)@/.exec(text)?.[1] ?? '';
  const character = /[#/?]/.exec(user)?.[0];
  if (isCutShort && character !== undefined) {
    return `seems to contain a ${character} in its user name or password. ${percentEncode}`;
  }
  const host = /^\w+:\/\/([^/?]*)/.exec(text)?.[1]?.split('@').at(-1) ?? '';
  const port = /^(?:\[[^\]]*\]|[^:]*):(.*)$/.exec(host)?.[1];
  if (port !== undefined && !isPort(port)) return 'has a port that is not a number from 1 to 65535';
  return null;
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}

/** The value may contain a password, so no message repeats it. */
function parseUrl(name: string, text: string | undefined, protocols: readonly [string, string]): URL | null {
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && protocols.includes(url.protocol)) return url;
  throw new BadSettingError(
    `${name} is not a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  );
}
