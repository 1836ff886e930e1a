import { describeRoute } from '../../lib/http/describe-route.js';

const code = 'QWERTYasdf';

describe('the route of a request, as it is written down', () => {
  it.each([
    // What the app wrote.
    [{ baseUrl: '', path: '/orders/17', route: { path: '/orders/:id' } }, '/orders/:id'],
    [{ baseUrl: '/v1/orders', path: '/', route: { path: '/' } }, '/v1/orders'],
    [{ baseUrl: '/users/42', path: '/orders', route: { path: '/orders' } }, '/users/:value/orders'],
    [{ baseUrl: '/API/Orders', path: '/', route: { path: '/' } }, '/API/Orders'],
    // A part of a path in which it was mounted.
    [{ baseUrl: `/invites/${code}`, path: '/', route: { path: '/' }, params: { code } }, '/invites/:value'],
    [{ baseUrl: `/invites/${code}`, path: '/accept', params: { code } }, '/invites/:value/*'],
    [{ baseUrl: '/v1', path: '/orders', route: { path: '/:kind' }, params: { kind: 'orders' } }, '/v1/:kind'],
    // Only the path is known.
    [{ baseUrl: '', path: '/orders/17/lines', route: { path: /^\/orders/ } }, '/orders/*'],
    [{ baseUrl: '', path: '/orders/17/lines', route: { path: ['/orders', '/orders/:id'] } }, '/orders/*'],
    [{ baseUrl: '', path: `/invites/${code.toLowerCase()}` }, '/invites/*'],
    [{ baseUrl: '/reset', path: `/${code}` }, '/reset/*'],
    [{ baseUrl: '/orders', path: '/' }, '/orders'],
    [{ baseUrl: '', path: '/' }, '/'],
    [{ baseUrl: '', path: '' }, '/'],
    [{ baseUrl: '', path: '/favicon.ico' }, '/favicon.ico'],
    [{ baseUrl: '', path: '/orders' }, '/orders'],
    [{ baseUrl: '', path: '/orders/' }, '/orders/*'],
    [{ baseUrl: '', path: `/${code}` }, '/*'],
    [{ baseUrl: '', path: '/acme_live_0123456789abcdef/orders' }, '/*'],
    [{ baseUrl: '', path: `/${'a'.repeat(60)}/%0d%0aset` }, '/*'],
    [{ baseUrl: '', path: '//orders' }, '/*'],
    [{ baseUrl: '', path: '/__proto__' }, '/*'],
  ])('%#', (request, route) => {
    expect(describeRoute(request)).toBe(route);
  });

  it('is short, whatever was asked for', () => {
    const path = '/segment'.repeat(1000);
    expect(describeRoute({ baseUrl: path, path }).length).toBeLessThan(100);
    expect(describeRoute({ baseUrl: path, path, route: { path: '/' } }).length).toBeLessThan(100);
  });
});
