import { describeRoute } from '../../lib/http/describe-route.js';
import { MountWords } from '../../lib/http/mount-words.js';

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
    [{ baseUrl: '/files/a/b', path: '/', params: { path: ['a', 'b'] } }, '/files/:value/:value'],
    [{ baseUrl: '/files/a/b', path: '/', params: { 0: 'a/b' } }, '/files/:value/:value'],
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
    expect(describeRoute(request, new MountWords())).toBe(route);
  });

  it('is short, whatever was asked for', () => {
    const path = '/segment'.repeat(1000);
    expect(describeRoute({ baseUrl: path, path }, new MountWords()).length).toBeLessThan(100);
    expect(
      describeRoute({ baseUrl: path, path, route: { path: '/' } }, new MountWords()).length,
    ).toBeLessThan(100);
  });

  it('has 100 different words in one place of mount paths, and then none that is new', () => {
    const words = new MountWords();
    const describeAt = (baseUrl: string): string =>
      describeRoute({ baseUrl, path: '/', route: { path: '/x' } }, words);
    expect(describeAt('/v1')).toBe('/v1/x');
    const letters = 'abcdefghijklmnopqrst';
    const made = [...letters].flatMap((one) => [...letters].map((two) => `/t/${one}${two}`));
    expect(new Set(made.map(describeAt)).size).toBe(101);
    expect(['/t/new', '/t/aa', '/v1', '/v2/orders', '/t/new/sub'].map(describeAt)).toEqual([
      ...['/t/:value/x', '/t/aa/x', '/v1/x', '/v2/orders/x', '/t/:value/sub/x'],
    ]);
  });
});
