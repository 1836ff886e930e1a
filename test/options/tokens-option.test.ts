import { createApiKeys, InvalidOptionError } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';

const withTokens = (tokens: unknown) =>
  createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders' },
    pepper: 'a pepper for tests, at least 32 bytes',
    store: memoryStore(),
    tokens: tokens as never,
  });

const issuer = 'https://api.acme.example';

describe('the option tokens', () => {
  it.each([
    { issuer },
    { issuer: 'http://127.0.0.1:3000' },
    { issuer: `${issuer}/orders`, endpoints: '/auth/v1', audience: 'orders', algorithm: 'HS256' },
    { issuer, endpoints: '', lifetimeSeconds: 60, refreshLifetimeSeconds: 31_536_000 },
  ])('takes %j', (tokens) => {
    expect(() => withTokens(tokens)).not.toThrow();
  });

  it.each([
    null,
    [],
    'https://api.acme.example',
    {},
    { issuer: '' },
    { issuer: `${issuer}/` },
    { issuer: `${issuer}?a=1` },
    { issuer: `${issuer}#a` },
    { issuer: 'https://user:password@api.acme.example' },
    { issuer: 'HTTPS://API.ACME.EXAMPLE' },
    { issuer: 'ftp://api.acme.example' },
    { issuer: 'api.acme.example' },
    { issuer, audience: '' },
    { issuer, audience: 'two words' },
    { issuer, audience: [issuer] },
    { issuer, endpoints: 'oauth' },
    { issuer, endpoints: '/oauth/' },
    { issuer, algorithm: 'none' },
    { issuer, algorithm: 'RS256' },
    { issuer, lifetimeSeconds: 59 },
    { issuer, lifetimeSeconds: 86_401 },
    { issuer, lifetimeSeconds: '3600' },
    { issuer, refreshLifetimeSeconds: 0 },
    { issuer, isuer: issuer },
  ])('refuses %j, and says what to write', (tokens) => {
    expect(() => withTokens(tokens)).toThrow(InvalidOptionError);
    expect(() => withTokens(tokens)).toThrow(/^tokens/);
  });

  describe('in production', () => {
    const before = process.env['NODE_ENV'];
    const inProduction = (url: string) => {
      process.env['NODE_ENV'] = 'production';
      try {
        return createApiKeys({
          prefix: 'acme',
          scopes: { 'orders:read': 'Read orders' },
          pepper: 'a pepper for tests, at least 32 bytes',
          store: memoryStore(),
          tokens: { issuer: url },
        });
      } finally {
        process.env['NODE_ENV'] = before;
      }
    };

    it.each([
      'http://api.acme.example',
      'http://10.0.0.5:3000',
      'http://0.0.0.0:3000',
      'http://localhost.acme.example',
      'http://127.0.0.1.nip.io',
      'http://[::2]:3000',
    ])('R67 the issuer %s is refused, for anybody on the way could read the secrets', (url) => {
      expect(() => inProduction(url)).toThrow(InvalidOptionError);
      expect(() => inProduction(url)).toThrow(/^tokens\.issuer: must begin with https:\/\/ in production/);
      expect(() => withTokens({ issuer: url })).not.toThrow();
    });

    it.each([
      'https://api.acme.example',
      'http://localhost',
      'http://localhost:3000/orders',
      'http://127.0.0.1:3000',
      'http://[::1]:3000',
    ])('R67 the issuer %s is taken', (url) => {
      expect(() => inProduction(url)).not.toThrow();
    });
  });

  it('is needed for the routers', () => {
    const apiKeys = withTokens(undefined);
    expect(() => apiKeys.tokenRouter()).toThrow(/needs the option tokens/);
    expect(() => apiKeys.wellKnownRouter()).toThrow(/needs the option tokens/);
  });
});
