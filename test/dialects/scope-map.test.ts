import { coversDeribitScope, deribitScopes } from '../../lib/dialects/deribit/deribit-scopes.js';
import { compileScopeMap } from '../../lib/dialects/scope-map.js';
import { coversPermission, yativoScopes } from '../../lib/dialects/yativo/permissions.js';

const appScopes = ['orders:read', 'orders:write'];
const forDeribit = (map: unknown): ReturnType<typeof compileScopeMap> =>
  compileScopeMap('deribitRouter', map, deribitScopes, appScopes, coversDeribitScope);

describe('what scopes of a dialect are worth', () => {
  it('is what the map says of all scopes of the key', () => {
    const worth = forDeribit({ 'trade:read': ['orders:read'], 'trade:read_write': ['orders:write'] });
    expect([...worth(['trade:read'])]).toEqual(['orders:read']);
    expect([...worth(['trade:read_write'])]).toEqual(appScopes);
    expect([...worth(['wallet:read_write', 'orders:read'])]).toEqual([]);
    const yativo = compileScopeMap(
      'yativoRouter',
      { read: ['orders:read'] },
      yativoScopes,
      appScopes,
      coversPermission,
    );
    expect([...yativo(['transactions:read'])]).toEqual([]);
    expect([...yativo(['transactions:read', 'accounts:read', 'analytics:read'])]).toEqual(['orders:read']);
  });

  it.each([
    [{ 'wallet:none': ['orders:write'] }, /"wallet:none" is granted to every key/],
    [{ 'trade:write': ['orders:write'] }, /there is no scope "trade:write"/],
    [{ 'trade:read': ['orders:raed'] }, /the app has no scope "orders:raed"/],
    [{ 'trade:read': ['*'] }, /the app has no scope "\*"/],
    [{ 'trade:read': 'orders:read' }, /takes lists of the app's scopes/],
    [[['trade:read']], /takes lists of the app's scopes/],
  ])('refuses the map %j', (map, message) => {
    expect(() => forDeribit(map)).toThrow(message);
  });
});
