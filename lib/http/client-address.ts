import type { Request } from 'express';
import { toCanonicalAddress } from '../domain/address.js';
import { memoize } from '../domain/memoize.js';
import type { Logger } from '../ports/logger.js';
import { maxProxyHops, isAnyoneTrusted, type TrustProxy } from './is-anyone-trusted.js';

/**
 * The caller's address in canonical form, `null` when it cannot be known for certain.
 *
 * @param purpose - `decide` where a request is refused without it: then a warning says why it is unknown
 */
export type ClientAddress = (req: Request, purpose?: 'decide') => string | null;

/** No address is longer; what is longer is neither looked at nor remembered. */
const maxAddressLength = 64;

/**
 * Builds the reader of caller addresses. It goes by Express' `trust proxy` setting and gives up where that
 * cannot be relied on:
 *
 * - a setting that lets callers choose their address, as `true` and `() => true` do, makes no address believable;
 * - a trusted proxy that forwards no address may have been made to drop it; an empty one is none.
 *
 * The reader throws what a `trust proxy` function throws, but only to `decide`: a log entry must not refuse anyone.
 */
export function createClientAddress(logger: Logger): ClientAddress {
  const toMemoizedCanonical = memoize(toCanonicalAddress, 1_000);
  const judged = new WeakMap<TrustProxy, boolean>();
  let hasWarned = false;

  /** Express compiles a setting once, so each is judged once. */
  function canBeClaimed(isTrusted: TrustProxy): boolean {
    let verdict = judged.get(isTrusted);
    if (verdict === undefined) {
      verdict = isAnyoneTrusted(isTrusted);
      judged.set(isTrusted, verdict);
    }
    return verdict;
  }

  function readAddress(req: Request, purpose: 'decide' | undefined): string | null {
    const isTrusted = req.app.get('trust proxy fn') as TrustProxy;
    if (canBeClaimed(isTrusted)) {
      if (!hasWarned && purpose === 'decide') {
        hasWarned = true;
        logger.warn(
          "api-keys: keys with an address allowlist are refused while 'trust proxy' trusts everybody, because every " +
            `caller could claim any address. Set it to the number of proxies (at most ${maxProxyHops}) or to their ` +
            "addresses: app.set('trust proxy', 1)",
        );
      }
      return null;
    }
    const peer = req.socket.remoteAddress;
    if (peer === undefined) return null;
    if (isTrusted(peer, 0) && !namesLastHop(req.headers['x-forwarded-for'])) return null;
    const { ip } = req;
    if (ip === undefined || ip.length > maxAddressLength) return null;
    return toMemoizedCanonical(ip === peer ? ip : copyString(ip));
  }

  return function readClientAddress(req, purpose) {
    if (purpose === 'decide') return readAddress(req, purpose);
    try {
      return readAddress(req, purpose);
    } catch {
      return null;
    }
  };
}

/** A substring keeps the whole string in memory, here a header of any length. */
function copyString(value: string): string {
  return Buffer.from(value, 'latin1').toString('latin1');
}

/** Whether the proxy has written an address behind those that it was sent. */
function namesLastHop(forwarded: string | readonly string[] | undefined): boolean {
  return forwarded !== undefined && !/(?:^|,)\s*$/.test(String(forwarded));
}
