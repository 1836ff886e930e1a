// Forty lines of arithmetic in place of a library, because node:crypto takes points of small order, noble-curves 2 and
// noble-ed25519 3 are ES modules only, which CommonJS under jest cannot load, and the older tweetnacl checks no points. It
// runs once, when a public key is registered, on no secret. The test compares it with noble-curves.

/** The field of the curve, 2^255 - 19 (RFC 8032 section 5.1). */
const p = 2n ** 255n - 19n;
/** The curve's constant d = -121665/121666. */
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/**
 * The y coordinates of the eight points whose order divides 8. Of such a key, one signature fits many messages, and
 * OpenSSL does not refuse it.
 */
const smallOrder: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  p - 1n,
  parseLittleEndian('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  parseLittleEndian('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
]);

/**
 * Returns why 32 bytes are not an Ed25519 public key that can be trusted, or `null` if they are one: they must be the
 * canonical encoding of a point of the curve that is not of small order.
 */
export function findEd25519Problem(bytes: Uint8Array): string | null {
  if (bytes.length !== 32) return 'must be an Ed25519 key of 32 bytes';
  const encoded = [...bytes].reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  // The highest bit is the sign of x.
  const y = encoded & (2n ** 255n - 1n);
  if (y >= p || smallOrder.has(y)) return 'must not be an Ed25519 key of small order or in another encoding';
  return isOnCurve(y) ? null : 'must be a point of the curve Ed25519';
}

/** Whether x^2 = (y^2 - 1) / (d y^2 + 1) has a solution: by Euler's criterion, and u/v is a square if and only if uv is. */
function isOnCurve(y: bigint): boolean {
  const ySquare = (y * y) % p;
  const product = ((ySquare - 1n) * (d * ySquare + 1n)) % p;
  return computePower(product, (p - 1n) / 2n) === 1n;
}

function computePower(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % p;
    square = (square * square) % p;
  }
  return result;
}

function parseLittleEndian(hex: string): bigint {
  return BigInt(`0x${hex.replace(/../g, ' $&').trim().split(' ').toReversed().join('')}`);
}
