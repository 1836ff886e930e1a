import { parseCredentialSources } from '../../lib/http/credential-source.js';
import { createCredentialReader } from '../../lib/middleware/read-credential.js';

const read = createCredentialReader(parseCredentialSources(['x-api-key', 'bearer']));
const of = (...rawHeaders: string[]): unknown => read({ headers: headersOf(rawHeaders), rawHeaders });
const token = (text: string): unknown => expect.objectContaining({ kind: 'token', token: text });

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
    [['Authorization', 'Basic YTpi']],
    [['Authorization', 'Bearerabc']],
    [['X_Api_Key', 'abc']],
    [['Proxy-Authorization', 'Bearer abc']],
    [['Cookie', 'x-api-key=abc']],
  ])('finds nothing in %j', (headers) => {
    expect(of(...headers)).toEqual({ kind: 'none', isEmpty: false });
  });

  it.each([
    [['Authorization', 'Bearer']],
    [['Authorization', 'Bearer ']],
    [['X-Api-Key', '']],
    [['Authorization', 'bearer', 'X-Api-Key', '']],
  ])('finds nothing in %j, but a place for it', (headers) => {
    expect(of(...headers)).toEqual({ kind: 'none', isEmpty: true });
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
    const rawHeaders = ['Authorization', 'Bearer session', 'X-Acme-Key', 'abc'];
    expect(onlyHeader({ headers: headersOf(rawHeaders), rawHeaders })).toEqual(token('abc'));
  });

  it.each([
    ['deleted', {}, ['X-Api-Key', 'abc'], { kind: 'none', isEmpty: false }],
    ['set', { 'x-api-key': 'abc' }, ['Host', 'a'], token('abc')],
    ['changed', { 'x-api-key': 'new' }, ['X-Api-Key', 'abc'], token('new')],
    ['sent twice', { 'x-api-key': 'new' }, ['X-Api-Key', 'a', 'X-Api-Key', 'b'], { kind: 'ambiguous' }],
    ['without raw lines', { 'x-api-key': 'abc' }, undefined, token('abc')],
    ['with an empty list of them', { authorization: 'Bearer abc' }, [], token('abc')],
    ['joined', { 'x-api-key': 'a, b' }, [], { kind: 'ambiguous' }],
    ['a list', { 'x-api-key': ['a', 'b'] }, [], { kind: 'ambiguous' }],
  ])('reads what the app sees: %s', (_title, headers, rawHeaders, expected) => {
    expect(read({ headers: headers as Record<string, string>, rawHeaders })).toEqual(expected);
  });

  it('sees a repeated header in headersDistinct', () => {
    const headersDistinct = { 'x-api-key': ['a', 'b'] };
    expect(read({ headers: { 'x-api-key': 'a' }, headersDistinct })).toEqual({ kind: 'ambiguous' });
  });

  it('takes nothing that all objects have for a header', () => {
    const odd = createCredentialReader(parseCredentialSources(['constructor']));
    expect(odd({ headers: {}, rawHeaders: [] })).toEqual({ kind: 'none', isEmpty: false });
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
