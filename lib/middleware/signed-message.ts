import type { Request } from 'express';
import { readBodyPresence } from '../http/body-presence.js';
import { listAllHeaderLines } from '../http/all-header-lines.js';
import { getRequestSource } from '../http/request-source.js';
import { readHost } from '../http/read-host.js';
import type { SignedMessage } from '../signatures/signed-message.js';

/**
 * The part of a request that signatures cover; `null` when it is unclear what the client has called: a target in another form
 * than path and query, no `Host`, or none of several configured names.
 *
 * @param origins - what clients call this service, with the path that a proxy strips; by the request when there is none
 */
export function readSignedMessage(req: Request, origins: readonly URL[]): SignedMessage | null {
  const { method, originalUrl: target } = req;
  const called = readCalledOrigin(req, origins);
  if (!target.startsWith('/') || called === null) return null;
  const { scheme, authority } = called;
  // A proxy that asks about a request of its client sends the path as the client called it.
  const prefix = getRequestSource(req)?.hasCalledPath === true ? '' : called.prefix;
  const rawHeaders = listAllHeaderLines(req);
  const bodyPresence = readBodyPresence(req);
  return { method, scheme, authority, target: prefix + target, rawHeaders, bodyPresence };
}

interface CalledOrigin extends Pick<SignedMessage, 'scheme' | 'authority'> {
  /** The path that a proxy strips, without a slash at its end; empty if it strips none. */
  readonly prefix: string;
}

function readCalledOrigin(req: Request, origins: readonly URL[]): CalledOrigin | null {
  const [first, ...more] = origins;
  const scheme = req.protocol === 'https' ? 'https' : 'http';
  const authority = toAuthority(scheme, readHost(req));
  if (first === undefined) return authority === null ? null : { scheme, authority, prefix: '' };
  const origin = more.length === 0 ? first : origins.find(({ host }) => host === authority);
  if (origin === undefined) return null;
  const prefix = origin.pathname === '/' ? '' : origin.pathname;
  return { scheme: origin.protocol === 'https:' ? 'https' : 'http', authority: origin.host, prefix };
}

/** In lower case, without the scheme's own port (RFC 9421 section 2.2.3). */
function toAuthority(scheme: string, host: string | undefined): string | null {
  const url = `${scheme}://${host ?? ''}`;
  // What a URL would read as user, path or query is no host.
  return /^[\w.:[\]-]+$/.test(host ?? '') && URL.canParse(url) ? new URL(url).host : null;
}
