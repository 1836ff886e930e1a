import type { Request } from 'express';
import { toCanonicalAddress } from '../domain/address.js';
import { memoize } from '../domain/memoize.js';
import type { Logger } from '../ports/logger.js';
import { createAddressWarnings, type AddressProblem } from './address-warnings.js';
import { findCallerBehindPorts, mayHavePort } from './caller-behind-ports.js';
import { isAnyoneTrusted, type TrustProxy } from './is-anyone-trusted.js';
import type { ProxyObserver } from './proxy-observer.js';

/**
 * The caller's address in canonical form, `null` when it cannot be known for certain.
 *
 * @param purpose - `decide` where a request is refused without it: then a warning says why it is unknown; `manage` for the management
 * API, which operators call past the proxies: it says nothing about what arrives from callers
 */
export type ClientAddress = (req: Request, purpose?: AddressPurpose) => string | null;

/** What an address is read for, besides records. */
export type AddressPurpose = 'decide' | 'manage';

/** No address is longer; what is longer is neither looked at nor remembered. */
const maxAddressLength = 64;

/**
 * Builds the reader of caller addresses. It goes by Express' `trust proxy` setting and gives up where that
 * cannot be relied on:
 *
 * - a setting that lets callers choose their address, as `true` and `() => true` do, makes no address believable;
 * - a trusted proxy that forwards no address may have been made to drop it; an empty one is none;
 * - a Unix socket has no address of its own: only a trusted proxy can name the caller.
 *
 * The observer is notified of every request of a caller whose address is read.
 *
 * The reader throws what a `trust proxy` function throws, but only to `decide`: a log entry must not refuse anyone.
 */
export function createClientAddress(logger: Logger, proxies: ProxyObserver): ClientAddress {
  const toMemoizedCanonical = memoize(toCanonicalAddress, 1_000);
  const judged = new WeakMap<TrustProxy, boolean>();
  const reportOnce = createAddressWarnings(logger);

  /** Express compiles a setting once, so each is judged once. */
  function canBeClaimed(isTrusted: TrustProxy): boolean {
    let verdict = judged.get(isTrusted);
    if (verdict === undefined) {
      verdict = isAnyoneTrusted(isTrusted);
      judged.set(isTrusted, verdict);
    }
    return verdict;
  }

  function readAddress(req: Request, purpose: AddressPurpose | undefined): string | null {
    const giveUp = (problem: AddressProblem): null => {
      if (purpose === 'decide') reportOnce(problem);
      return null;
    };
    // A mock, handed to a guard without an app: nothing tells whom to trust.
    if ((req as { readonly app?: unknown }).app === undefined) return giveUp('unconnected');
    const isTrusted = req.app.get('trust proxy fn') as TrustProxy;
    const isClaimable = canBeClaimed(isTrusted);
    if (purpose !== 'manage') proxies.note(req, isTrusted, isClaimable);
    if (isClaimable) return giveUp('claimable');
    const peer = req.socket.remoteAddress;
    const forwarded = req.headers['x-forwarded-for'];
    if (isTrusted(peer, 0)) {
      if (!namesLastHop(forwarded)) return giveUp('missing');
    } else if (forwarded !== undefined && req.app.get('trust proxy') === false) {
      reportOnce('unexpected');
    }
    const ip = findCaller(req, isTrusted);
    if (ip === undefined) return giveUp('unconnected');
    if (ip.length > maxAddressLength) return giveUp('unreadable');
    return toMemoizedCanonical(ip === peer ? ip : copyString(ip)) ?? giveUp('unreadable');
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

/** The address as Express has it, unless there may be ports in it. */
function findCaller(req: Request, isTrusted: TrustProxy): string | undefined {
  const { ip } = req;
  return ip !== undefined && mayHavePort(ip) ? findCallerBehindPorts(req, isTrusted) : ip;
}

/** A substring keeps the whole string in memory, here a header of any length. */
function copyString(value: string): string {
  return Buffer.from(value, 'latin1').toString('latin1');
}

/** Whether the proxy has written an address behind those that it was sent. */
function namesLastHop(forwarded: string | readonly string[] | undefined): boolean {
  return forwarded !== undefined && !/(?:^|,)\s*$/.test(String(forwarded));
}
