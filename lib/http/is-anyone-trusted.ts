/** Express' compiled `trust proxy` setting: whether this address, `hop` steps from here, is a proxy of the app. */
export type TrustProxy = (address: string | undefined, hop: number) => unknown;

/** More proxies in a row than any app has. A number of hops is trusted up to this many. */
export const maxProxyHops = 10;

/** Reserved for documentation, benchmarks or without any use: no proxy and no caller has one of them. */
const impossibleAddresses: readonly string[] = [
  '192.0.2.1', // RFC 5737
  '198.51.100.1',
  '203.0.113.1',
  '198.18.0.1', // RFC 2544
  '0.1.2.3', // RFC 1122
  '240.0.0.1', // RFC 1112
  '::ffff:192.0.2.1',
  '2001:db8::1', // RFC 3849
  '3fff::1', // RFC 9637
  '100::1', // RFC 6666
  '8000::1', // never allocated
];

/** One address from each of the public networks /8: no list of proxies has many of them. */
const publicAddresses: readonly string[] = Array.from({ length: 223 }, (_, index) => index + 1)
  .filter((first) => first !== 10 && first !== 127)
  .map((first) => `${first}.37.91.203`);

/** Where the registries give out IPv6 addresses: IANA, "IPv6 Global Unicast Address Assignments". Networks /12 by their first one /16. */
const assignedIpv6: readonly (readonly [first: number, networks: number])[] = [
  [0x2001, 1],
  [0x2003, 1],
  ...[0x2400, 0x2410, 0x2600, 0x2630, 0x2800, 0x2a00, 0x2a10, 0x2c00].map((first) => [first, 16] as const),
  [0x2610, 1],
  [0x2620, 1],
];

/** One address from each network /16 of them. */
const publicIpv6Addresses: readonly string[] = assignedIpv6.flatMap(([first, networks]) =>
  Array.from({ length: networks }, (_, index) => `${(first + index).toString(16)}:5a31:93c7:1::5d`),
);

/** A sixteenth of the internet: a network /4 of IPv4, and less than the /12 of one registry. The largest clouds have less. */
const maxPublicShare = 1 / 16;

/** So that a count of hops does not count as trust in everyone; the second one is for functions that check even hops, or odd. */
const farHops = [maxProxyHops, maxProxyHops + 1, 1_000] as const;

/**
 * Whether a `trust proxy` setting lets callers choose their own address, judged by what it does: far behind the last
 * proxy it still trusts addresses that no caller can have, or a large part of the internet. `true`, `() => true`,
 * `Infinity`, an `async` function, `0.0.0.0/0` and its two halves do; a number of proxies and a list of their addresses
 * do not.
 */
export function isAnyoneTrusted(isTrusted: TrustProxy): boolean {
  // Express treats every truthy value as trust, a promise too.
  const isTrustedAddress = (address: string): boolean =>
    farHops.some((hop) => isTruthy(isTrusted, address, hop));
  if (impossibleAddresses.some(isTrustedAddress)) return true;
  return [publicAddresses, publicIpv6Addresses].some(
    (addresses) => addresses.filter(isTrustedAddress).length > addresses.length * maxPublicShare,
  );
}

/** A function that throws here also throws for the request, so it trusts no one. */
function isTruthy(isTrusted: TrustProxy, address: string, hop: number): boolean {
  try {
    const answer = isTrusted(address, hop);
    // A rejection of an async function must not end the process.
    if (answer instanceof Promise) answer.catch(() => undefined);
    return Boolean(answer);
  } catch {
    return false;
  }
}
