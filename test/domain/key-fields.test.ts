import {
  InvalidFieldError,
  parseDescription,
  parseExpiresAt,
  parseGracePeriodSeconds,
  parseIpAllowlist,
  parseMetadata,
  parseName,
  parseScopes,
} from '../../lib/domain/key-fields.js';
import { createScopeCatalogue } from '../../lib/domain/scope-catalogue.js';

const now = Date.UTC(2026, 0, 1);

describe('parseName', () => {
  it.each(['CI', 'Ünïcode ✓ 名前', '👩‍💻'.slice(0, 2), '<img onerror=x>', '=HYPERLINK()', 'a'.repeat(100)])(
    'takes %j as it is',
    (name) => {
      expect(parseName(name)).toBe(name);
    },
  );

  it.each([
    '',
    '   ',
    'a\nb',
    'a\0b',
    '\ud800',
    'a\u202eb',
    'a\u200bb',
    '\ufeffa',
    'a\u007f',
    'a'.repeat(101),
    '👍'.repeat(101),
    1,
    null,
    {},
    [],
    true,
  ])('refuses %j', (name) => {
    expect(() => parseName(name)).toThrow(InvalidFieldError);
  });
});

describe('parseDescription', () => {
  it('takes line breaks and null', () => {
    expect(parseDescription('two\nlines')).toBe('two\nlines');
    expect(parseDescription(null)).toBeNull();
  });

  it.each(['a\0', 'a\r\n', '\ud800', 'x'.repeat(501), 5])('refuses %j', (description) => {
    expect(() => parseDescription(description)).toThrow(InvalidFieldError);
  });
});

describe('parseExpiresAt', () => {
  it.each([
    ['2026-01-01T00:00:00.001Z', now + 1],
    ['2026-06-30T12:00:00+02:00', Date.UTC(2026, 5, 30, 10)],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['2026-01-02t00:00:00z', Date.UTC(2026, 0, 2)],
    ['9999-12-31T23:59:59Z', Date.UTC(9999, 11, 31, 23, 59, 59)],
  ])('reads %s', (text, time) => {
    expect(parseExpiresAt(text, now)).toBe(time);
  });

  it('takes a Date and null', () => {
    expect(parseExpiresAt(new Date(now + 1), now)).toBe(now + 1);
    expect(parseExpiresAt(null, now)).toBeNull();
  });

  it.each([
    '2026-01-01T00:00:00Z',
    '2025-12-31T23:59:59Z',
    '2026-02-30T00:00:00Z',
    '2027-02-29T00:00:00Z',
    '0',
    '-1',
    'infinity',
    '+294277-01-01T00:00:00Z',
    '10000-01-01T00:00:00Z',
    '1e21',
    '2027-01-01',
    '2027-01-01T00:00:00',
    '2027-01-01T00:00:00+99:00',
    '2027-13-01T00:00:00Z',
    '2027-01-01T24:00:00Z',
    '2027-01-01T00:60:00Z',
    ' 2027-01-01T00:00:00Z',
    1798761600000,
    {},
    [],
    true,
    new Date(NaN),
    new Date(8.64e15),
    '9999-12-31T23:59:59-23:00',
  ])('refuses %j', (value) => {
    expect(() => parseExpiresAt(value, now)).toThrow(InvalidFieldError);
  });
});

describe('parseScopes', () => {
  const catalogue = createScopeCatalogue({ 'orders:read': '', 'orders:write': '' });

  it('takes known scopes, wildcards and none', () => {
    expect(parseScopes(['orders:read', 'orders:*'], catalogue)).toEqual(['orders:read', 'orders:*']);
    expect(parseScopes([], catalogue)).toEqual([]);
  });

  it.each([
    'admin',
    [1],
    [null],
    [{}],
    ['orders:read', 'orders:read'],
    [''],
    ['a b'],
    ['__proto__'],
    ['constructor'],
    Array<string>(1000).fill('orders:read'),
    { 0: 'orders:read', length: 1 },
    null,
  ])('refuses %j', (scopes) => {
    expect(() => parseScopes(scopes, catalogue)).toThrow(InvalidFieldError);
  });
});

describe('parseIpAllowlist', () => {
  it('takes null for any address and drops repetitions', () => {
    expect(parseIpAllowlist(null)).toBeNull();
    expect(parseIpAllowlist(['10.0.0.0/8', '::ffff:10.0.0.0/104'])).toEqual(['10.0.0.0/8']);
  });

  it('says which entry is wrong without repeating it', () => {
    expect(() => parseIpAllowlist(['10.0.0.1', 'evil.example'])).toThrow(/^entry 2 must be/);
    expect(() => parseIpAllowlist(['10.0.0.1', 'evil.example'])).not.toThrow(/evil/);
  });

  it.each([[[]], ['10.0.0.1'], [Array<string>(101).fill('10.0.0.1')], [[null]]])('refuses %j', (value) => {
    expect(() => parseIpAllowlist(value)).toThrow(InvalidFieldError);
  });
});

describe('parseMetadata', () => {
  it('copies, so that later changes of the input do nothing', () => {
    const input = { plan: 'pro', tags: ['a', { b: null }] };
    const copy = parseMetadata(input);
    input.tags.push('later');
    expect(copy).toEqual({ plan: 'pro', tags: ['a', { b: null }] });
  });

  it.each([
    null,
    [],
    'x',
    { deep: { a: { b: { c: { d: { e: 1 } } } } } },
    { big: 'x'.repeat(4096) },
    { a: 'nul\0' },
    { 'a\ud800': 1 },
    { a: '\udfff' },
    { a: Infinity },
    { a: undefined },
    { a: () => 1 },
    JSON.parse('{"__proto__":{"isAdmin":true}}'),
    { constructor: { prototype: {} } },
  ])('refuses case %#', (value) => {
    expect(() => parseMetadata(value)).toThrow(InvalidFieldError);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });
});

describe('parseGracePeriodSeconds', () => {
  it.each([0, 1, 2_592_000])('takes %d', (value) => {
    expect(parseGracePeriodSeconds(value)).toBe(value);
  });

  it.each([-1, 1.5, '5', 2_592_001, Infinity, NaN, null])('refuses %j', (value) => {
    expect(() => parseGracePeriodSeconds(value)).toThrow(InvalidFieldError);
  });
});
