import { describeMistake } from '../../lib/domain/describe-mistake.js';
import { createKeyFormat } from '../../lib/domain/key-format.js';
import { Keyspaces } from '../../lib/domain/keyspaces.js';
import type { Keyspace } from '../../lib/domain/keyspace.js';

const native = {
  name: 'default',
  format: createKeyFormat('acme', 'live'),
  environment: 'live',
  environments: ['live', 'test'],
  formatFor: (environment: string) => createKeyFormat('acme', environment),
} as unknown as Keyspace;
const keyspaces = new Keyspaces(native);
const secret = 'S'.repeat(43);
const live = native.format.compose('I'.repeat(16), secret);
const test = native.formatFor('test').compose('I'.repeat(16), secret);
/** As it arrives in a header that a client has written in UTF-8. */
const asHeader = (text: string): string => Buffer.from(text).toString('latin1');

describe('describeMistake', () => {
  it.each([
    [`"${live}"`, 'quotes'],
    [`'${live}'`, 'quotes'],
    [`"${live}`, 'quotes'],
    [`%22${live}%22`, 'quotes'],
    [asHeader(`“${live}”`), 'quotes'],
    [`Bearer ${live}`, 'a name before'],
    [`bearer ${live}`, 'a name before'],
    [`Authorization: Bearer ${live}`, 'a name before'],
    [`X-API-Key: ${live}`, 'a name before'],
    ['undefined', 'missing value'],
    ['null', 'missing value'],
    ['[object Object]', 'missing value'],
    ['$KEY', 'placeholder'],
    ['${API_KEY}', 'placeholder'],
    ['%API_KEY%', 'placeholder'],
    ['{{apiKey}}', 'placeholder'],
    ['<key>', 'placeholder'],
    ['process.env.API_KEY', 'placeholder'],
    ['YOUR_API_KEY', 'placeholder'],
    ['acme_live_…abcd', 'shortened'],
    [asHeader('acme_live_…abcd'), 'shortened'],
    ['acme_live_...abcd', 'shortened'],
    ['acme_live_****abcd', 'shortened'],
    [test, 'environment test'],
  ])('names the mistake in %s, and repeats nothing of it', (text, expected) => {
    const detail = describeMistake(text, keyspaces);
    expect(detail).toContain(expected);
    expect(detail).not.toMatch(/SSSS|IIII|API_KEY|abcd/);
  });

  it.each([
    live,
    `${live}x`,
    live.slice(0, -1),
    live.slice(1),
    '',
    'x',
    'nonsense',
    'tokens',
    'nullable',
    `"${'x'.repeat(5_000)}"`,
  ])('says nothing of %s, which may be a key or anything else', (text) => {
    expect(describeMistake(text, keyspaces)).toBeNull();
  });

  it('says of a string of any length what it says at once', () => {
    for (const piece of ['$', '{{', '<', '%', "'", ' ', '.', 'bearer ']) {
      expect(() => describeMistake(piece.repeat(1_000_000), keyspaces)).not.toThrow();
    }
  });
});
