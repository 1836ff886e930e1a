import { routeOf } from '../../lib/http/route-of.js';

describe('the route of a request, as it is written down', () => {
  it.each([
    [{ baseUrl: '', path: '/orders/17', route: { path: '/orders/:id' } }, '/orders/:id'],
    [{ baseUrl: '/v1/orders', path: '/', route: { path: '/' } }, '/v1/orders'],
    [{ baseUrl: '/users/42', path: '/orders', route: { path: '/orders' } }, '/users/:value/orders'],
    [{ baseUrl: '', path: '/orders/17/lines', route: { path: /^\/orders/ } }, '/orders/:value/lines'],
    [{ baseUrl: '', path: '/orders/17/lines' }, '/orders/:value/lines'],
    [{ baseUrl: '/orders', path: '/' }, '/orders'],
    [{ baseUrl: '', path: '/' }, '/'],
    [{ baseUrl: '', path: '/reports.daily/a_b' }, '/reports.daily/a_b'],
    [{ baseUrl: '', path: '/orders/acme_live_0123456789abcdef' }, '/orders/:value'],
    [{ baseUrl: '', path: `/${'a'.repeat(60)}/%0d%0aset` }, '/:value/:value'],
  ])('%#', (request, route) => {
    expect(routeOf(request)).toBe(route);
  });

  it('is short, whatever was asked for', () => {
    const path = '/segment'.repeat(1000);
    expect(routeOf({ baseUrl: path, path }).length).toBeLessThan(100);
  });
});
