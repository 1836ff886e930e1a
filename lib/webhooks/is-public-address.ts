import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Whether an address is one of the internet, and none of a network inside: not private, loopback, link-local (where clouds have
 * their metadata), shared by carriers, multicast or reserved. An IPv4 address that is written as an IPv6 one is judged as
 * what it is.
 */
export function isPublicAddress(text: string): boolean {
  // A zone says on which link an address is; addresses of the internet have none. The library also reads `127.1`.
  if (isIP(text) === 0 || text.includes('%')) return false;
  const address = ipaddr.parse(text);
  if (address.kind() === 'ipv4') return address.range() === 'unicast';
  const v6 = address as ipaddr.IPv6;
  const range = v6.range();
  if (range === 'ipv4Mapped') return v6.toIPv4Address().range() === 'unicast';
  if (range === 'rfc6052') return isTranslatedToPublic(v6);
  // 2000::/3 is all that is assigned to the internet (RFC 4291 section 2.4); the library calls what it does not know unicast.
  return range === 'unicast' && ((v6.parts[0] ?? 0) & 0xe000) === 0x2000;
}

/**
 * NAT64: with 64:ff9b::/96 (RFC 6052) the last four bytes are the IPv4 address that it is translated to. With the prefix for
 * local use, 64:ff9b:1::/48 (RFC 8215), that stands elsewhere, and may be one inside.
 */
function isTranslatedToPublic(address: ipaddr.IPv6): boolean {
  if (address.parts.slice(2, 6).some((part) => part !== 0)) return false;
  return new ipaddr.IPv4(address.toByteArray().slice(-4)).range() === 'unicast';
}
