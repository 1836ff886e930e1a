import fc from 'fast-check';
import { isHeaderName } from '../../lib/http/is-header-name.js';

/** RFC 9110 section 5.6.2: what a header name is made of. */
const tokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const name = fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength: 12 });

describe('the name of a header line', () => {
  it('is compared in any case, as its lower case would be', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(isHeaderName(one, one.toLowerCase())).toBe(true);
        expect(isHeaderName(one, other.toLowerCase())).toBe(one.toLowerCase() === other.toLowerCase());
      }),
    );
  });

  it('is distinguished from every other one', () => {
    for (const one of tokenCharacters) {
      for (const other of tokenCharacters) {
        expect(isHeaderName(one, other.toLowerCase())).toBe(one.toLowerCase() === other.toLowerCase());
      }
    }
    expect(isHeaderName('X-Api-Key', 'x-api-keys')).toBe(false);
    expect(isHeaderName('', 'host')).toBe(false);
  });
});
