import {
  toCanonicalAddress,
  compileAllowlist,
  isAllowlistWithin,
  parseAllowlistEntry,
} from '../../lib/domain/address.js';

describe('toCanonicalAddress', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:0A01:0203', '10.1.2.3'],
    ['0:0:0:0:0:ffff:10.1.2.3', '10.1.2.3'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::1', '::1'],
    ['::10.1.2.3', '::a01:203'],
    ['64:ff9b::10.1.2.3', '64:ff9b::a01:203'],
  ])('writes %s as %s', (text, canonical) => {
    expect(toCanonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    '010.1.2.3',
    '0x0a.1.2.3',
    '167838211',
    '10.1.2.3:80',
    '"[::1]:3"',
    '[::1]',
    'fe80::1%eth0',
    'unknown',
    '_hidden',
    ',',
    '10.1.2',
    '10.1.2.3.4',
    '10.1.2.256',
    ' 10.1.2.3',
    '10.1.2.3 ',
    'localhost',
    '1::2::3',
  ])('gives up on %j', (text) => {
    expect(toCanonicalAddress(text)).toBeNull();
  });

  it('gives up on no address at all', () => {
    expect(toCanonicalAddress(undefined)).toBeNull();
    expect(toCanonicalAddress(null)).toBeNull();
  });
});

describe('parseAllowlistEntry', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['192.168.1.1/32', '192.168.1.1/32'],
  ])('reads %s as %s', (entry, canonical) => {
    expect(parseAllowlistEntry(entry)).toBe(canonical);
  });

  it.each([
    '0.0.0.0/0',
    '::/0',
    '10.0.0.1/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.1/8',
    '2001:db8::1/64',
    '2001:db8::/129',
    '10.0.0.0/1e1',
    'example.com',
    '',
    '010.0.0.0/8',
    'fe80::%eth0/64',
    '::ffff:10.0.0.0/8',
  ])('refuses %j', (entry) => {
    expect(() => parseAllowlistEntry(entry)).toThrow(TypeError);
  });

  it.each([null, 1, {}, [], undefined])('refuses %j', (entry) => {
    expect(() => parseAllowlistEntry(entry)).toThrow(TypeError);
  });
});

describe('compileAllowlist', () => {
  const allows = compileAllowlist(['10.0.0.0/8', '203.0.113.9', '2001:db8::/32']);

  it.each(['10.255.0.1', '203.0.113.9', '2001:db8:1::1'])('allows %s', (address) => {
    expect(allows(address)).toBe(true);
  });

  it.each(['11.0.0.1', '203.0.113.8', '2001:db9::1', '::a01:203', '64:ff9b::a01:203'])(
    'refuses %s',
    (address) => {
      expect(allows(address)).toBe(false);
    },
  );

  it('opens no key to IPv4 through a network of IPv6', () => {
    for (const network of ['::/64', '::/8', '::/1', '::ffff:0:0/95']) {
      expect(compileAllowlist([network])('8.8.8.8')).toBe(false);
    }
    expect(compileAllowlist(['::/64'])('::5')).toBe(true);
  });

  it('refuses an unknown address and text that is none', () => {
    expect(allows(null)).toBe(false);
    expect(allows('10.1.2.3:80')).toBe(false);
  });
});

describe('isAllowlistWithin', () => {
  it.each([
    [['10.1.0.0/16'], ['10.0.0.0/8'], true],
    [['10.0.0.0/8'], ['10.0.0.0/8'], true],
    [['10.1.2.3'], ['10.1.2.0/24', '::1'], true],
    [['2001:db8:1::/48'], ['2001:db8::/32'], true],
    [['10.0.0.0/7'], ['10.0.0.0/8'], false],
    [['10.1.2.3', '11.0.0.1'], ['10.0.0.0/8'], false],
    [['::a01:203'], ['10.0.0.0/8'], false],
    [null, ['10.0.0.0/8'], false],
    [['10.0.0.0/8'], null, true],
    [null, null, true],
  ])('%j within %j: %s', (inner, outer, expected) => {
    expect(isAllowlistWithin(inner, outer)).toBe(expected);
  });
});
