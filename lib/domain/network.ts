import { isIPv4 } from 'node:net';

/** Default prefix length of an IPv6 network, in bits. */
export const defaultIpv6PrefixLength = 64;

/**
 * Returns the network that an address is attributed to: an IPv4 address itself, or the first 64 bits of an IPv6 address,
 * because a client that controls one address of that network controls them all (RFC 6177). `''` for an unknown address.
 *
 * @param address - in canonical form
 * @param ipv6PrefixLength - 1 to 64; less than 64 if networks are larger
 */
export function toNetwork(
  address: string | null,
  ipv6PrefixLength: number = defaultIpv6PrefixLength,
): string {
  if (address === null || isIPv4(address)) return address ?? '';
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  // "::" stands for zeros, unless it begins after the first four groups.
  const left = tail === undefined || groups.length >= 4 ? groups : expandGroups(groups, tail);
  const first = left.slice(0, 4).map((group, index) => maskGroup(group, ipv6PrefixLength - 16 * index));
  return `${first.join(':')}::/${ipv6PrefixLength}`;
}

function expandGroups(groups: readonly string[], tail: string): readonly string[] {
  const behind = tail === '' ? [] : tail.split(':');
  return [...groups, ...Array<string>(8 - groups.length - behind.length).fill('0'), ...behind];
}

/** @param bits - how many of the group's bits belong to the network */
function maskGroup(group: string, bits: number): string {
  if (bits >= 16) return group;
  if (bits <= 0) return '0';
  return (parseInt(group, 16) & (0xffff << (16 - bits))).toString(16);
}
