import { isIPv4 } from 'node:net';

/**
 * The network that an address counts as: an IPv4 address by itself, the first 64 bits of an IPv6 address, because
 * whoever has one of those has them all (RFC 6177). `''` for an address that is not known.
 *
 * @param address - in canonical form
 */
export function networkOf(address: string | null): string {
  if (address === null || isIPv4(address)) return address ?? '';
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  // What "::" stands for is zeros, unless it begins behind the first four groups.
  const left = tail === undefined || groups.length >= 4 ? groups : expanded(groups, tail);
  return `${left.slice(0, 4).join(':')}::/64`;
}

function expanded(groups: readonly string[], tail: string): readonly string[] {
  const behind = tail === '' ? [] : tail.split(':');
  return [...groups, ...Array<string>(8 - groups.length - behind.length).fill('0'), ...behind];
}
