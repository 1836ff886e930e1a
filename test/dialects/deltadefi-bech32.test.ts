import { parseBech32 } from '../../lib/dialects/deltadefi/parse-bech32.js';

describe('an address in bech32', () => {
  // From BIP 173 and CIP 19.
  it.each([
    'A12UEL5L',
    'abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw',
    'split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w',
    'stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw',
    'addr_test1qz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgs68faae',
  ])('%s is one', (address) => {
    expect(parseBech32(address)).toBe(address.toLowerCase());
  });

  it.each([
    '',
    '1nwldj5',
    'abc1rzg',
    'A12uEL5L',
    'x1b4n0q5v',
    'li1dgmt3',
    'A1G7SGD8',
    '10a06t8',
    'split1cheo2y9e3w',
    'stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgx',
    `a1${'q'.repeat(300)}`,
    null,
  ])('%j is none', (text) => {
    expect(() => parseBech32(text)).toThrow('must be');
  });
});
