import { isPrivateAddress } from '../../domain/is-private-address.js';
import { isAnyoneTrusted } from '../../http/is-anyone-trusted.js';
import type { Check } from './examined-setup.js';

/** So many keys that were used from one private address were not used by one caller. */
const minKeys = 3;
const see = 'docs/production/behind-a-proxy.md#trust-proxy';

/** The setting `trust proxy` of the app, by what it does, and by the addresses that keys were used from. */
export const checkTrustProxy: Check = ({ trustProxy, callerAddresses, proxies }) => {
  // What really arrives says more.
  if (trustProxy === null || (proxies !== null && proxies.sampled > 0)) return [];
  if (isAnyoneTrusted(trustProxy)) {
    return [
      {
        id: 'trust-proxy-everyone',
        severity: 'error',
        problem: "'trust proxy' trusts everybody.",
        why: 'Every caller could claim any address, so keys with an address allowlist are refused, and no address is recorded.',
        remedy: "Set 'trust proxy' to the number of your proxies, or to their addresses.",
        see,
      },
    ];
  }
  const [first, ...others] = [...new Set(callerAddresses)];
  if (
    first === undefined ||
    others.length > 0 ||
    callerAddresses.length < minKeys ||
    !isPrivateAddress(first)
  )
    return [];
  return [
    {
      id: 'trust-proxy-missing',
      severity: 'warning',
      problem: `All ${callerAddresses.length} keys were last used from ${first}, which looks like the address of a proxy.`,
      why: 'Address allowlists and brute-force protection see the proxy in place of the callers.',
      remedy: "Set 'trust proxy' to the number of your proxies, or to their addresses.",
      see,
    },
  ];
};
