import { defaultTypeBase } from '../errors.js';
import type { Logger } from '../ports/logger.js';
import { maxProxyHops } from './is-anyone-trusted.js';

const page = new URL('../production/behind-a-proxy.md#trust-proxy', defaultTypeBase).href;

/** What can be wrong with the address of a caller. */
export type AddressProblem = 'claimable' | 'unexpected' | 'missing' | 'unreadable' | 'unconnected';

/** What is wrong, and what to set. */
const messages: Readonly<Record<AddressProblem, { readonly code: string; readonly warning: string }>> = {
  claimable: {
    code: 'TRUST_PROXY_TRUSTS_EVERYBODY',
    warning:
      "keys with an address allowlist are refused while 'trust proxy' trusts everybody, because every caller could claim any " +
      `address. Set it to the number of proxies (at most ${maxProxyHops}) or to their addresses: app.set('trust proxy', 1)`,
  },
  unexpected: {
    code: 'UNEXPECTED_X_FORWARDED_FOR',
    warning:
      "a request has X-Forwarded-For, but 'trust proxy' is not set, so the address of the proxy counts as the caller's. Behind " +
      "one proxy: app.set('trust proxy', 1). Without a proxy, a caller has sent it",
  },
  missing: {
    code: 'ADDRESS_UNKNOWN',
    warning:
      'a key with an address allowlist was refused, because the trusted proxy sent no X-Forwarded-For. Let the proxy set it',
  },
  unreadable: {
    code: 'ADDRESS_UNKNOWN',
    warning:
      'a key with an address allowlist was refused, because X-Forwarded-For has something else where the proxy should write an ' +
      'address. Let it write the IP address of its client',
  },
  unconnected: {
    code: 'ADDRESS_UNKNOWN',
    warning:
      'a key with an address allowlist was refused, because the connection has no address, as on a Unix socket. Let the proxy ' +
      "set X-Forwarded-For, and app.set('trust proxy', 1)",
  },
};

/** Builds what logs, once for each problem, why addresses are not what an operator expects. */
export function createAddressWarnings(logger: Logger): (problem: AddressProblem) => void {
  const given = new Set<AddressProblem>();
  return function reportOnce(problem) {
    if (given.has(problem)) return;
    given.add(problem);
    const { code, warning } = messages[problem];
    const line = `api-keys: ${warning} (${code}, see ${page})`;
    logger.warn(line);
  };
}
