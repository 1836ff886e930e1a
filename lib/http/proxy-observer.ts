import type { Request } from 'express';
import { isPrivateAddress } from '../domain/is-private-address.js';
import type { ObservedProxies } from '../domain/observed-proxies.js';
import { readForwardedAddresses } from './caller-behind-ports.js';
import type { TrustProxy } from './is-anyone-trusted.js';

/** So many requests are all looked at, of those after them one in so many. */
const firstRequests = 200;
const oneIn = 16;

type Finding = keyof Omit<ObservedProxies, 'sampled'>;

/**
 * Compares what proxies send with what the app trusts, and counts. It is notified of requests whose address is read anyway: refused ones, and
 * one a second of each key.
 */
export class ProxyObserver {
  #noted = 0;
  #sampled = 0;
  readonly #counts: Record<Finding, number> = {
    everyoneTrusted: 0,
    notTrusted: 0,
    tooFewHops: 0,
    tooManyHops: 0,
    withoutHeader: 0,
    forwardedOnly: 0,
  };

  /** @param isEveryoneTrusted - whether the setting lets every caller choose an address */
  note(req: Request, isTrusted: TrustProxy, isEveryoneTrusted: boolean): void {
    this.#noted += 1;
    if (this.#noted > firstRequests && this.#noted % oneIn !== 0) return;
    const finding = isEveryoneTrusted ? 'everyoneTrusted' : tryClassifyForwarding(req, isTrusted);
    if (finding === undefined) return;
    this.#sampled += 1;
    if (finding !== null) this.#counts[finding] += 1;
  }

  read(): ObservedProxies {
    return { sampled: this.#sampled, ...this.#counts };
  }
}

/** `undefined`: the app's function throws where Express itself does not ask it. */
function tryClassifyForwarding(req: Request, isTrusted: TrustProxy): Finding | null | undefined {
  try {
    return classifyForwarding(req, isTrusted);
  } catch {
    return undefined;
  }
}

function classifyForwarding({ socket, headers }: Request, isTrusted: TrustProxy): Finding | null {
  const peer = socket.remoteAddress;
  const isPeerTrusted = Boolean(isTrusted(peer, 0));
  // A Unix socket has no address, and is one of this machine.
  const isPeerInside = peer === undefined || isPrivateAddress(peer);
  if (headers['x-forwarded-for'] === undefined) {
    if (headers.forwarded !== undefined && (isPeerTrusted || isPeerInside)) return 'forwardedOnly';
    return isPeerTrusted ? 'withoutHeader' : null;
  }
  if (!isPeerTrusted) return isPeerInside ? 'notTrusted' : null;
  const addresses = readForwardedAddresses(headers['x-forwarded-for']);
  if (addresses[0] === '') return 'withoutHeader';
  // The first one from here that is no proxy of the app is the caller.
  const place = addresses.findIndex((address, index) => !isTrusted(address, index + 1));
  const caller = addresses[place === -1 ? addresses.length - 1 : place] ?? '';
  if (isPrivateAddress(caller)) return place !== -1 && place < addresses.length - 1 ? 'tooFewHops' : null;
  return place === -1 ? 'tooManyHops' : null;
}
