import type { Request } from 'express';
import { canonicalAddress } from '../domain/address.js';
import type { Logger } from '../ports/logger.js';

/**
 * The caller's address in canonical form, `null` when it cannot be known for certain.
 *
 * @param purpose - `decide` where a request is refused without it: then operators are told why it is not known
 */
export type ClientAddress = (req: Request, purpose?: 'decide') => string | null;

/**
 * Builds the reader of caller addresses. It goes by Express' `trust proxy` setting and gives up where that
 * cannot be relied on:
 *
 * - `trust proxy = true` believes whatever address a caller writes, so no address is believed;
 * - a trusted proxy that forwards no address may have been made to drop it; an empty one is none.
 */
export function createClientAddress(logger: Logger): ClientAddress {
  let hasWarned = false;

  return function clientAddress(req, purpose) {
    if (req.app.get('trust proxy') === true) {
      if (!hasWarned && purpose === 'decide') {
        hasWarned = true;
        logger.warn(
          "api-keys: keys with an address allowlist are refused while 'trust proxy' is true, because every caller " +
            "could claim any address. Set it to the number of proxies or to their addresses: app.set('trust proxy', 1)",
        );
      }
      return null;
    }
    const isTrusted = req.app.get('trust proxy fn') as (address: string, hop: number) => boolean;
    const peer = req.socket.remoteAddress;
    if (peer === undefined) return null;
    if (isTrusted(peer, 0) && !namesLastHop(req.headers['x-forwarded-for'])) return null;
    return canonicalAddress(req.ip);
  };
}

/** Whether the proxy has written an address behind those that it was sent. */
function namesLastHop(forwarded: string | readonly string[] | undefined): boolean {
  return forwarded !== undefined && !/(?:^|,)\s*$/.test(String(forwarded));
}
