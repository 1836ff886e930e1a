import { parseCredentialSources } from '../../lib/http/credential-source.js';
import { createCredentialReader } from '../../lib/middleware/read-credential.js';

const read = createCredentialReader(parseCredentialSources(['x-api-key', 'bearer']));
const of = (...rawHeaders: string[]): unknown => read({ rawHeaders });
const token = (text: string): unknown => expect.objectContaining({ kind: 'token', token: text });

describe('createCredentialReader', () => {
  it.each([
    [['X-Api-Key', 'abc'], 'abc'],
    [['x-api-key', 'abc'], 'abc'],
    [['X-API-KEY', 'abc'], 'abc'],
    [['Authorization', 'Bearer abc'], 'abc'],
    [['authorization', 'bearer abc'], 'abc'],
    [['AUTHORIZATION', 'BEARER abc'], 'abc'],
    [['Authorization', 'Bearer  abc'], 'abc'],
    [['Authorization', 'Bearer    abc'], 'abc'],
    [['Authorization', 'Bearer\tabc'], 'abc'],
    [['Authorization', 'Bearer \t  abc'], '\t  abc'],
    [['Authorization', 'Bearer', 'X-Api-Key', 'abc'], 'abc'],
    [['X-Api-Key', 'abc', 'Authorization', 'Bearer '], 'abc'],
    [['Authorization', 'Basic YTpi', 'X-Api-Key', 'abc'], 'abc'],
    [['Authorization', '', 'X-Api-Key', 'abc'], 'abc'],
    [['X-Api-Key', '', 'Authorization', 'Bearer abc'], 'abc'],
    [['X-Api-Key', 'a, b'], 'a, b'],
  ])('reads %j', (headers, expected) => {
    expect(of(...headers)).toEqual(token(expected));
  });

  it.each([
    [[]],
    [['Authorization', '']],
    [['Authorization', 'Bearer']],
    [['Authorization', 'Bearer ']],
    [['X-Api-Key', '']],
    [['Authorization', 'Basic YTpi']],
    [['Authorization', 'Bearerabc']],
    [['X_Api_Key', 'abc']],
    [['Proxy-Authorization', 'Bearer abc']],
    [['Cookie', 'x-api-key=abc']],
  ])('finds nothing in %j', (headers) => {
    expect(of(...headers)).toEqual({ kind: 'none' });
  });

  it.each([
    [['X-Api-Key', 'a', 'X-Api-Key', 'b']],
    [['X-Api-Key', 'a', 'x-api-key', 'a']],
    [['X-Api-Key', '', 'X-Api-Key', 'a']],
    [['Authorization', 'Bearer a', 'Authorization', 'Bearer a']],
    [['Authorization', 'Bearer a', 'Authorization', 'Basic b']],
    [['Authorization', 'Bearer a, Bearer b']],
    [['X-Api-Key', 'a', 'Authorization', 'Bearer a']],
  ])('cannot say which one was meant in %j', (headers) => {
    expect(of(...headers)).toEqual({ kind: 'ambiguous' });
  });

  it('ignores what is not listed', () => {
    const onlyHeader = createCredentialReader(parseCredentialSources(['x-acme-key']));
    expect(onlyHeader({ rawHeaders: ['Authorization', 'Bearer session', 'X-Acme-Key', 'abc'] })).toEqual(
      token('abc'),
    );
  });
});

describe('parseCredentialSources', () => {
  it.each([
    [[]],
    ['bearer'],
    [undefined],
    [null],
    [['bearer', 'Bearer']],
    [['query']],
    [['cookie']],
    [['body']],
    [['authorization']],
    [['x api key']],
    [['']],
    [[1]],
    [['x-api-key', 'X-API-KEY']],
    [['host']],
  ])('refuses %j', (input) => {
    expect(() => parseCredentialSources(input)).toThrow(/credentialFrom/);
  });
});
