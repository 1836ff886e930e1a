import { computeHmac, computeRequestHmac } from '../../lib/signatures/hmac/hmac-signature.js';
import { readHmacAuthorization } from '../../lib/signatures/hmac/read-hmac-authorization.js';

const isHmacScheme = (scheme: string): boolean => scheme === 'hmac-sha256';

describe('signatures with a shared secret', () => {
  it('R77 HMAC-SHA-256 over timestamp, nonce and data, as published', () => {
    const signature = computeHmac('AMANDASECRECT', '1576074319000', '1iqt2wls', '');
    expect(signature.toString('hex')).toBe(
      '56590594f97921b09b18f166befe0d1319b198bbcdad7ca73382de2f88fe9aa1',
    );
  });

  it('R77 the data of a request are method, URI and body, each with a line end', () => {
    const parts = {
      timestamp: '1',
      nonce: 'n',
      method: 'POST',
      target: '/a?b=%20c',
      body: Buffer.from('{"é":1}'),
    };
    expect(computeRequestHmac('s', parts)).toEqual(computeHmac('s', '1', 'n', 'POST\n/a?b=%20c\n{"é":1}\n'));
  });

  const sig = 'ab'.repeat(32);
  const read = { keyId: 'k', timestamp: '1', nonce: 'abcd', signature: Buffer.from(sig, 'hex') };

  it.each([
    `hmac-sha256 id=k,ts=1,sig=${sig},nonce=abcd`,
    `hmac-sha256 id=k,ts=1,nonce=abcd,sig=${sig}`,
    `Hmac-Sha256 nonce=abcd, sig=${sig.toUpperCase()}, ts=1, id=k`,
    `hmac-sha256  id=k , ts=1 ,sig=${sig} ,\tnonce=abcd `,
  ])('R77 the header is read: %s', (header) => {
    expect(readHmacAuthorization(header, isHmacScheme)).toEqual(read);
  });

  it.each([
    'hmac-sha256',
    `hmac-sha256 id=k,ts=1,sig=${sig}`,
    `hmac-sha256 id=k,id=k,ts=1,sig=${sig},nonce=abcd`,
    `hmac-sha256 id=k,ts=1,sig=${sig},nonce=abcd,x=1`,
    `hmac-sha256 id=k,ts=1,sig=${sig},nonce=abcd, hmac-sha256 id=k`,
    `hmac-sha256 id=k,ts=1.0,sig=${sig},nonce=abcd`,
    `hmac-sha256 id=k,ts=-1,sig=${sig},nonce=abcd`,
    `hmac-sha256 id=k,ts=1e3,sig=${sig},nonce=abcd`,
    `hmac-sha256 id=k,ts=01,sig=${sig},nonce=abcd`,
    `hmac-sha256 id=k,ts=1,sig=${sig.slice(1)},nonce=abcd`,
    `hmac-sha256 id=k,ts=1,sig=${sig},nonce=`,
    `hmac-sha256 id=../x,ts=1,sig=${sig},nonce=abcd`,
  ])('R77 the header is refused: %s', (header) => {
    expect(readHmacAuthorization(header, isHmacScheme)).toBe('malformed');
  });

  it('R77 other schemes are none of its business', () => {
    for (const header of ['Bearer hmac-sha256', '', `deri-hmac-sha256 id=k,ts=1,sig=${sig},nonce=abcd`]) {
      expect(readHmacAuthorization(header, isHmacScheme)).toBe(null);
    }
    const another = (scheme: string): boolean => scheme === 'deri-hmac-sha256';
    expect(readHmacAuthorization(`hmac-sha256 id=k,ts=1,sig=${sig},nonce=abcd`, another)).toBe(null);
  });
});
