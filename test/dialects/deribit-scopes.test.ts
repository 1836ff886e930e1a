import {
  coversDeribitScope,
  createDeribitCatalogue,
  deribitScopes,
  intersectScopes,
  parseMaxScope,
  selectTokenScopes,
} from '../../lib/dialects/deribit/deribit-scopes.js';
import { createTokenTerms, readTerms } from '../../lib/dialects/deribit/token-terms.js';
import { findCommonScopes, narrowScopes } from '../../lib/domain/token-scope.js';

const catalogue = createDeribitCatalogue(() => new Set(), createTokenTerms(null));

describe('max_scope', () => {
  it('DB1 what is not named is none, and an explicit none is kept', () => {
    expect(parseMaxScope('trade:read wallet:none')).toEqual(['trade:read', 'wallet:none']);
    expect(parseMaxScope('')).toEqual([]);
    expect(parseMaxScope([])).toEqual([]);
    expect(coversDeribitScope([], 'trade:none')).toBe(true);
    expect(coversDeribitScope([], 'trade:read')).toBe(false);
  });

  it.each([
    [['wallet:none', 'account:read']],
    ['wallet:none account:read'],
    ['wallet:none,account:read'],
    [' wallet:none,\n account:read '],
    [['wallet:none account:read']],
    [['wallet:none', 'account:read', 'account:read']],
  ])('DB2 is read from %j, in the order of the alphabet', (sent) => {
    expect(parseMaxScope(sent)).toEqual(['account:read', 'wallet:none']);
  });

  it.each([
    'trade',
    'trade:write',
    'trades:read',
    'Trade:read',
    'session:a session:b',
    'expires:60',
    'ip:127.0.0.1',
    'ip:* ip:127.0.0.1',
    '*',
    'trade:*',
    'name:foo',
    'trade:read trade:read_write',
    'trade:none trade:read',
    7,
    null,
    undefined,
    {},
    [7],
  ])('is refused as %j', (sent) => {
    expect(() => parseMaxScope(sent)).toThrow(/must/);
  });

  it.each(['connection', 'mainaccount', 'session:a', 'ip:*'])(
    'leaves out %s, which limits nothing',
    (term) => {
      expect(parseMaxScope(`trade:read ${term}`)).toEqual(['trade:read']);
      expect(parseMaxScope([term])).toEqual([]);
    },
  );
});

describe('levels', () => {
  it('cover what is below them, within one area', () => {
    expect(coversDeribitScope(['trade:read_write'], 'trade:read')).toBe(true);
    expect(coversDeribitScope(['trade:read'], 'trade:read_write')).toBe(false);
    expect(coversDeribitScope(['trade:read_write'], 'wallet:read')).toBe(false);
    expect(coversDeribitScope(['block_trade:read_write'], 'trade:read')).toBe(false);
    expect(coversDeribitScope(['trade:none'], 'trade:read')).toBe(false);
    expect(coversDeribitScope(['trade:read_write'], 'trade')).toBe(false);
    expect(coversDeribitScope(deribitScopes, 'orders:read')).toBe(false);
  });

  it('are what a token and its key have in common', () => {
    const common = findCommonScopes(
      ['trade:read_write', 'wallet:read', 'session:bot', 'ip:10.0.0.1'],
      ['trade:read', 'wallet:read_write', 'custody:none'],
      catalogue,
    );
    expect([...common].sort()).toEqual([
      'custody:none',
      'ip:10.0.0.1',
      'session:bot',
      'trade:read',
      'wallet:read',
    ]);
  });

  it('are given to keys, and terms to tokens alone', () => {
    expect(deribitScopes).toHaveLength(18);
    expect(catalogue.isGrantable('custody:read')).toBe(true);
    for (const term of ['connection', 'mainaccount', 'session:a', 'expires:60', 'ip:*']) {
      expect(catalogue.isGrantable(term)).toBe(false);
      expect(narrowScopes([term], [], catalogue)).toEqual([term]);
    }
    expect(narrowScopes(['name:foo'], [], catalogue)).toBe(null);
    expect(narrowScopes(['trade:read'], [], catalogue)).toBe(null);
  });
});

describe('the scopes of a token', () => {
  const held = ['account:read', 'trade:read_write', 'wallet:none'];

  it.each([
    ['trade:read', ['trade:read']],
    ['trade:read_write account:read_write', ['account:read', 'trade:read_write']],
    ['wallet:read_write', []],
    ['', ['account:read', 'trade:read_write']],
    ['trade:none', ['account:read']],
    ['trade:none account:read', ['account:read']],
    ['trade:none trade:read', []],
    ['trades:read', []],
    ['name:foo', []],
  ])('are %j limited by those of the key', (asked, given) => {
    expect(selectTokenScopes(asked.split(' ').filter(Boolean), held)).toEqual(given);
  });

  it('of nothing stay nothing', () => {
    expect(intersectScopes([], held)).toEqual([]);
    expect(intersectScopes(['connection', 'wallet:read'], held)).toEqual([]);
    expect(intersectScopes(['trade:read', 'account:read_write'], held)).toEqual([
      'account:read',
      'trade:read',
    ]);
  });
});

describe('terms of a token', () => {
  it('are read apart from scopes', () => {
    const items = [
      'trade:read',
      'expires:600',
      'session:bot-1',
      'ip:10.0.0.1',
      'ip:::FFFF:10.0.0.2',
      'expires:60',
    ];
    expect(readTerms(items)).toEqual({
      session: 'bot-1',
      limits: ['expires:60', 'ip:10.0.0.1', 'ip:10.0.0.2'],
    });
    expect(readTerms(['connection', 'mainaccount'])).toEqual({ session: null, limits: [] });
  });

  it.each([
    'expires:',
    'expires:0',
    'expires:-1',
    'expires:1e3',
    'expires:99999999999',
    'ip:',
    'ip:10.0.0',
    'ip:10.0.0.0/8',
    'session:',
    'session:a b',
    `session:${'a'.repeat(129)}`,
  ])('are refused as %j', (item) => {
    expect(() => readTerms([item])).toThrow(/must/);
  });

  it('name one session', () => {
    expect(() => readTerms(['session:a', 'session:b'])).toThrow('must name one session');
  });

  it('limit addresses and lifetimes', () => {
    const terms = createTokenTerms(900);
    expect(terms.lifetimeSeconds).toBe(900);
    expect(terms.maxLifetimeOf(['trade:read', 'expires:60'])).toBe(60);
    expect(terms.maxLifetimeOf(['trade:read'])).toBe(null);
    expect(terms.addressesOf(['ip:10.0.0.1', 'trade:read', 'ip:*'])).toEqual(['10.0.0.1']);
    expect(terms.addressesOf(['ip:*'])).toBe(null);
    expect(terms.addressesOf(['trade:read'])).toBe(null);
  });
});
