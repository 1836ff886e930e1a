import type { ObservedProxies } from '../../domain/observed-proxies.js';
import type { Check } from './examined-setup.js';
import type { Finding } from './finding.js';

type Observed = keyof Omit<ObservedProxies, 'sampled'>;

/** Fewer may be a request of an operator, made past the proxy. */
const minRequests = 3;
const see = 'docs/production/behind-a-proxy.md#trust-proxy';
const claimable =
  'Callers can choose the address that they have: address allowlists of keys can be got past, brute-force protection too, and the audit log has wrong addresses.';

const findings: Readonly<Record<Observed, Omit<Finding, 'see'>>> = {
  everyoneTrusted: {
    id: 'trust-proxy-everyone',
    severity: 'error',
    problem: "'trust proxy' trusts everybody",
    why: 'Every caller could claim any address, so keys with an address allowlist are refused, and no address is recorded.',
    remedy: "Set 'trust proxy' to the number of your proxies, or to their addresses.",
  },
  tooManyHops: {
    id: 'trust-proxy-too-many',
    severity: 'error',
    problem: "'trust proxy' trusts more proxies than requests pass through",
    why: claimable,
    remedy: "Set 'trust proxy' to the number of your proxies, or better to their addresses.",
  },
  withoutHeader: {
    id: 'trust-proxy-bypassed',
    severity: 'error',
    problem: "Requests come from addresses that 'trust proxy' trusts, without X-Forwarded-For",
    why: `Either the proxy does not set it, and keys with an address allowlist are refused, or callers connect without the proxy and could send the header themselves. ${claimable}`,
    remedy:
      "Let the proxy set X-Forwarded-For, and let nothing but the proxy connect to the app; set 'trust proxy' to the addresses of your proxies. Without a proxy: app.set('trust proxy', false).",
  },
  notTrusted: {
    id: 'trust-proxy-missing',
    severity: 'warning',
    problem: "Requests come through a proxy that 'trust proxy' does not trust",
    why: 'Address allowlists, brute-force protection and the audit log see the proxy in place of the callers.',
    remedy: "Set 'trust proxy' to the number of your proxies, or to their addresses.",
  },
  tooFewHops: {
    id: 'trust-proxy-too-few',
    severity: 'warning',
    problem: "Requests pass through more proxies than 'trust proxy' trusts",
    why: 'Address allowlists, brute-force protection and the audit log see one of the proxies in place of the callers.',
    remedy: "Set 'trust proxy' to the number of all your proxies, or to their addresses.",
  },
  forwardedOnly: {
    id: 'trust-proxy-forwarded',
    severity: 'warning',
    problem: 'The proxy sends Forwarded and no X-Forwarded-For',
    why: 'Express does not read Forwarded, so address allowlists, brute-force protection and the audit log see the proxy in place of the callers.',
    remedy: 'Let the proxy set X-Forwarded-For as well.',
  },
};

/** What has really arrived at a process of the app, against its setting `trust proxy`. */
export const checkProxies: Check = ({ proxies }) => {
  if (proxies === null) return [];
  return (Object.keys(findings) as Observed[])
    .filter((name) => proxies[name] >= (name === 'everyoneTrusted' ? 1 : minRequests))
    .map((name) => {
      const { problem, ...finding } = findings[name];
      return { ...finding, problem: `${problem} (${proxies[name]} of ${proxies.sampled} requests).`, see };
    });
};
