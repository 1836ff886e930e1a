import { createCredentialReader } from '../../lib/dialects/credential-reader.js';

const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0.c2ln';
const of = (
  places: Parameters<typeof createCredentialReader>[0],
  rawHeaders: string[],
  options?: Parameters<typeof createCredentialReader>[1],
): unknown => createCredentialReader(places, options)({ headers: headersOf(rawHeaders), rawHeaders });

/** What Node makes of these lines. */
function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index < lines.length; index += 2) {
    const name = (lines[index] ?? '').toLowerCase();
    const before = headers[name];
    const value = lines[index + 1] ?? '';
    if (before === undefined) headers[name] = value;
    else if (name !== 'authorization') headers[name] = `${before}, ${value}`;
  }
  return headers;
}

const everywhere = ['x-api-key', 'bearer', 'basic', 'raw'] as const;
const opaque = (token: string, header: string): object => ({ kind: 'opaque', token, header });
const basic = (id: string, secret: string): object => ({
  kind: 'basic',
  id,
  secret,
  header: 'authorization',
});
const encoded = (text: string): string => Buffer.from(text).toString('base64');

describe('the credential of a request to a dialect', () => {
  it.each([
    ['X-API-KEY', 'dk_live_abc', opaque('dk_live_abc', 'x-api-key')],
    ['x-api-key', jwt, { kind: 'jwt', token: jwt, header: 'x-api-key' }],
    ['Authorization', 'Bearer ak_1', opaque('ak_1', 'authorization')],
    ['Authorization', 'Bearer   ak_1', opaque('ak_1', 'authorization')],
    ['Authorization', 'bEARER ak_1', opaque('ak_1', 'authorization')],
    ['Authorization', `bearer ${jwt}`, { kind: 'jwt', token: jwt, header: 'authorization' }],
    ['Authorization', jwt, { kind: 'jwt', token: jwt, header: 'authorization' }],
    ['Authorization', 'dk_live_abc', opaque('dk_live_abc', 'authorization')],
    ['Authorization', 'Bearer ', opaque('', 'authorization')],
    ['Authorization', `Basic ${encoded('id:se:cret')}`, basic('id', 'se:cret')],
    ['Authorization', `basic ${encoded('id:')}`, basic('id', '')],
    ['Authorization', 'Basic ???', basic('', '')],
    ['Authorization', `Basic ${encoded('no colon')}`, basic('', '')],
    ['Authorization', 'deri-hmac-sha256 id=a,ts=1', { kind: 'none' }],
    ['Authorization', '', { kind: 'none' }],
    ['X-API-KEY', '', { kind: 'none' }],
    ['Cookie', 'a=b', { kind: 'none' }],
    ['Authorization', 'Bearer a, Bearer b', { kind: 'ambiguous' }],
    ['Authorization', 'a,b', { kind: 'ambiguous' }],
  ])('DD2 %s: %s', (name, value, expected) => {
    expect(of(everywhere, [name, value])).toEqual(expected);
  });

  it('stands only where it may', () => {
    expect(of(['x-api-key'], ['Authorization', 'Bearer a'])).toEqual({ kind: 'none' });
    expect(of(['bearer'], ['Authorization', 'a', 'X-API-Key', 'b'])).toEqual({ kind: 'none' });
    expect(of(['bearer'], ['Authorization', `Basic ${encoded('a:b')}`])).toEqual({ kind: 'none' });
    expect(of(['raw'], ['Authorization', 'Bearer a'])).toEqual({ kind: 'none' });
  });

  it('is ambiguous when there are two', () => {
    const two = ['X-API-Key', 'a', 'Authorization', 'Bearer b'];
    expect(of(everywhere, two)).toEqual({ kind: 'ambiguous' });
    expect(of(everywhere, ['X-API-Key', 'a', 'x-api-key', 'a'])).toEqual({ kind: 'ambiguous' });
    expect(of(everywhere, ['Authorization', 'a', 'authorization', ''])).toEqual({ kind: 'ambiguous' });
    expect(of(everywhere, two, { whenSeveral: 'first' })).toEqual(opaque('a', 'x-api-key'));
    expect(of(['bearer', 'x-api-key'], two, { whenSeveral: 'first' })).toEqual(opaque('b', 'authorization'));
  });

  it('is one when the same stands in two places, or one of them is empty', () => {
    expect(of(everywhere, ['X-API-Key', 'a', 'Authorization', 'Bearer a'])).toEqual(opaque('a', 'x-api-key'));
    expect(of(everywhere, ['X-API-Key', '', 'Authorization', 'a'])).toEqual(opaque('a', 'authorization'));
  });
});
