import { isIP, isIPv4, isIPv6 } from 'node:net';

/** Maximum number of entries in one allowlist. */
export const maxAllowlistEntries = 100;

/**
 * Returns the canonical string of an address: IPv4 in dotted decimal, IPv4-mapped IPv6 as that IPv4 address, other IPv6 as
 * in RFC 5952. `null` for everything else (ports, zones, leading zeros, hexadecimal): what does not parse is not allowed.
 */
export function toCanonicalAddress(text: string | undefined | null): string | null {
  if (typeof text !== 'string') return null;
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return null;
  // The URL parser serializes IPv6 in its shortest form (WHATWG URL, "IPv6 serializer", based on RFC 5952).
  const shortest = new URL(`http://[${text}]`).hostname.slice(1, -1);
  return unmapIpv4(shortest) ?? shortest;
}

/** `::ffff:a01:203` -> `10.1.2.3`; `null` when the address is not IPv4-mapped. */
function unmapIpv4(shortest: string): string | null {
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(shortest);
  if (mapped === null) return null;
  const high = parseInt(mapped[1] ?? '', 16);
  const low = parseInt(mapped[2] ?? '', 16);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * Parses one entry of an allowlist, an address or a network in CIDR notation, and returns it in canonical form.
 *
 * @throws TypeError with what to write instead
 */
export function parseAllowlistEntry(entry: unknown): string {
  if (typeof entry !== 'string') throw new TypeError('must be a string with an address or a network');
  const [host = '', prefix, ...rest] = entry.split('/');
  const address = toCanonicalAddress(host);
  if (address === null || rest.length > 0) {
    throw new TypeError('must be an IPv4 or IPv6 address, or a network such as 10.0.0.0/8 or 2001:db8::/32');
  }
  if (prefix === undefined) return address;
  return `${address}/${parsePrefix(prefix, host, address)}`;
}

function parsePrefix(prefix: string, host: string, address: string): number {
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix)) {
    throw new TypeError('must have a plain decimal prefix length after the slash');
  }
  const isMapped = isIPv6(host) && isIPv4(address);
  const bits = isIPv4(address) ? 32 : 128;
  const length = Number(prefix) - (isMapped ? 96 : 0);
  if (length < 0 || length > bits) throw new TypeError(`must have a prefix length of at most ${bits}`);
  if (length === 0) throw new TypeError('would allow every address; use null if that is intended');
  if (hasHostBits(address, length, bits)) {
    throw new TypeError('has bits set after its prefix length; write the first address of the network');
  }
  return length;
}

function hasHostBits(address: string, length: number, bits: number): boolean {
  const value = bits === 32 ? parseIpv4(address) : parseIpv6(address);
  return (value & ((1n << BigInt(bits - length)) - 1n)) !== 0n;
}

function parseIpv4(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseIpv6(address: string): bigint {
  const [left = '', right] = address.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  const groups = right === undefined ? head : [...head, ...zeros, ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** A network as numbers: it contains an address if their first bits are equal. */
interface Network {
  readonly bits: 32 | 128;
  /** The first bits, shifted right. */
  readonly head: bigint;
  /** How many bits of an address follow the head. */
  readonly rest: bigint;
}

function parseNetwork(entry: string): Network {
  const [address = '', prefix] = entry.split('/');
  const isV4 = isIPv4(address);
  const bits = isV4 ? 32 : 128;
  const rest = BigInt(bits - (prefix === undefined ? bits : Number(prefix)));
  return { bits, head: (isV4 ? parseIpv4(address) : parseIpv6(address)) >> rest, rest };
}

/** Only IPv4 networks contain IPv4 addresses, whatever they are mapped to: `::/64` does not open a key to all of IPv4. */
function coversNetwork(outer: Network, inner: Network): boolean {
  return (
    outer.bits === inner.bits &&
    inner.rest <= outer.rest &&
    inner.head >> (outer.rest - inner.rest) === outer.head
  );
}

/**
 * Compiles one allowlist into a predicate, once per record.
 *
 * @param entries - canonical entries as {@link parseAllowlistEntry} returns them
 */
export function compileAllowlist(entries: readonly string[]): (canonical: string | null) => boolean {
  const networks = entries.map(parseNetwork);
  return (canonical) => {
    if (canonical === null || isIP(canonical) === 0) return false;
    const address = parseNetwork(canonical);
    return networks.some((network) => coversNetwork(network, address));
  };
}

/**
 * The addresses that are in both allowlists; `null` allows any address, an empty list none.
 *
 * @param one - canonical entries
 * @param other - canonical entries
 */
export function intersectAllowlists(
  one: readonly string[] | null,
  other: readonly string[] | null,
): readonly string[] | null {
  if (one === null || other === null) return one ?? other;
  // Two networks have nothing in common, or one of them contains the other.
  const inOther = one.filter((entry) => isAllowlistWithin([entry], other));
  const inOne = other.filter((entry) => isAllowlistWithin([entry], one));
  return [...new Set([...inOther, ...inOne])];
}

/**
 * Whether every address of one allowlist is also in another. `null` allows any address.
 *
 * @param inner - canonical entries
 * @param outer - canonical entries
 */
export function isAllowlistWithin(inner: readonly string[] | null, outer: readonly string[] | null): boolean {
  if (outer === null) return true;
  if (inner === null) return false;
  const networks = outer.map(parseNetwork);
  return inner.map(parseNetwork).every((entry) => networks.some((network) => coversNetwork(network, entry)));
}
