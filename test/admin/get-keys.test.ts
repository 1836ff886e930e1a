import request from 'supertest';
import {
  alice,
  bob,
  expectProblem,
  fieldsOf,
  makeKey,
  mountPath,
  root,
  startAdminApp,
  type AdminApp,
  type Sender,
} from './admin-app.js';

let adminApp: AdminApp;

beforeAll(async () => {
  adminApp = await startAdminApp();
  for (const name of ['first', 'second', 'third', '50% off', 'snake_case']) {
    await makeKey(adminApp, alice, { name });
    adminApp.passTime(1000);
  }
  await makeKey(adminApp, bob, { name: 'of bob', scopes: ['orders:write'] });
  await makeKey(adminApp, root, { name: 'wildcard', ownerId: 'carol', scopes: ['orders:*'] });
});
afterAll(() => adminApp.close());

interface Page {
  readonly items: { readonly id: string; readonly name: string; readonly ownerId: string }[];
  readonly nextCursor: string | null;
}

async function list(sender: Sender, query = ''): Promise<Page> {
  const answer = await adminApp.as(sender).get(`/keys${query}`).expect(200);
  return answer.body as Page;
}

const namesIn = (page: Page): string[] => page.items.map(({ name }) => name);

describe('GET /keys', () => {
  describe('200', () => {
    it('shows an owner its own keys, newest first, without a token or an ETag', async () => {
      const answer = await adminApp.as(alice).get('/keys').expect(200);
      const page = answer.body as Page;
      expect(namesIn(page)).toEqual(['snake_case', '50% off', 'third', 'second', 'first']);
      expect(page.nextCursor).toBeNull();
      expect(answer.headers.etag).toBeUndefined();
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.text).not.toMatch(/acme_live_[0-9A-Za-z]/);
      expect(answer.text).not.toMatch(/hash|digest|secretCheck|credential/i);
    });

    it('shows an admin all keys, or those of one owner', async () => {
      expect((await list(root)).items).toHaveLength(7);
      expect(namesIn(await list(root, '?ownerId=bob'))).toEqual(['of bob']);
    });

    it('shows an owner who asks for the keys of another an empty page', async () => {
      expect(await list(alice, '?ownerId=bob')).toEqual({ items: [], nextCursor: null });
      expect(await list(alice, '?ownerId=nobody-at-all')).toEqual({ items: [], nextCursor: null });
      expect((await list(alice, '?ownerId=alice')).items).toHaveLength(5);
    });

    it('goes through all keys page by page, each of them once', async () => {
      const names: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = await list(alice, `?limit=2${query}`);
        expect(page.items.length).toBeLessThanOrEqual(2);
        names.push(...namesIn(page));
        cursor = page.nextCursor;
      }
      expect(names).toEqual(['snake_case', '50% off', 'third', 'second', 'first']);
    });

    it.each([
      ['?q=SECOND', ['second']],
      ['?q=0%25', ['50% off']],
      ['?q=_', ['snake_case']],
      ['?q=50%25+off', ['50% off']],
      ['?q=%', null],
      ['?q=of%20bob', []],
      ['?scope=orders:read&limit=1', ['snake_case']],
      ['?scope=orders:write', []],
      ['?state=active&limit=1', ['snake_case']],
      ['?state=revoked', []],
      ['?keyspace=default&limit=1', ['snake_case']],
      ['?keyspace=other', []],
      ['?', ['snake_case', '50% off', 'third', 'second', 'first']],
      ['?&&', ['snake_case', '50% off', 'third', 'second', 'first']],
    ])('filters by %s', async (query, names) => {
      if (names === null) await adminApp.as(alice).get(`/keys${query}`).expect(400);
      else expect(namesIn(await list(alice, query))).toEqual(names);
    });

    it('answers HEAD like GET, without a body', async () => {
      const answer = await adminApp.as(alice).head('/keys').expect(200);
      expect(answer.text ?? '').toBe('');
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    });

    it.each(['simple', 'extended', false] as const)(
      'does not depend on the query parser of the app (%s)',
      async (parser) => {
        const other = await startAdminApp({ configure: (app) => void app.set('query parser', parser) });
        await makeKey(other, alice, { name: 'one' });
        await makeKey(other, alice, { name: 'two' });
        const answer = await other.as(alice).get('/keys?limit=1&q=o').expect(200);
        expect((answer.body as Page).items).toHaveLength(1);
        await other.as(alice).get('/keys?limit[]=1').expect(400);
        await other.close();
      },
    );
  });

  describe('400', () => {
    it.each([
      ['?limit=0', '?limit'],
      ['?limit=101', '?limit'],
      ['?limit=-1', '?limit'],
      ['?limit=1e1', '?limit'],
      ['?limit=0x10', '?limit'],
      ['?limit=', '?limit'],
      ['?limit', '?limit'],
      ['?limit=%201', '?limit'],
      ['?limit=٣', '?limit'],
      ['?state=Active', '?state'],
      ['?state=', '?state'],
      ['?scope=a%20b', '?scope'],
      ['?q=', '?q'],
      ['?q=%0a', '?q'],
      ['?ownerId=', '?ownerId'],
      ['?cursor=', '?cursor'],
      ['?cursor=garbage', '?cursor'],
      [`?cursor=${'x'.repeat(1001)}`, '?cursor'],
      ['?sort=name', '?sort'],
      ['?constructor=1', '?constructor'],
      ['?__proto__=1', '?__proto__'],
      ['?limit[]=1', '?'],
      ['?limit=1&limit=1', '?'],
      ['?limit=1&%6cimit=2', '?'],
      ['?q=%zz', '?'],
      ['?q=%00', '?'],
      [`?${'a&'.repeat(30)}`, '?'],
      [`?q=${'x'.repeat(5000)}`, '?'],
    ])('refuses %s and names %s', async (query, field) => {
      const answer = await request(adminApp.server)
        .get(`${mountPath}/keys${encodeURI(query).replaceAll('%25', '%')}`)
        .set('X-Actor', JSON.stringify(alice));
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual([field]);
    });

    it('refuses the cursor of another owner, of another filter and of another list', async () => {
      await makeKey(adminApp, bob, { name: 'second of bob' });
      const { nextCursor } = await list(alice, '?limit=1');
      const cursor = encodeURIComponent(String(nextCursor));
      for (const [sender, path] of [
        [bob, `/keys?limit=1&cursor=${cursor}`],
        [root, `/keys?limit=1&cursor=${cursor}`],
        [alice, `/keys?limit=1&q=f&cursor=${cursor}`],
        [alice, `/audit?limit=1&cursor=${cursor}`],
      ] as const) {
        const answer = await adminApp.as(sender).get(path);
        expectProblem(answer, 400, 'invalid_request');
        expect(fieldsOf(answer)).toEqual(['?cursor']);
      }
      await adminApp.as(alice).get(`/keys?limit=2&cursor=${cursor}`).expect(200);
    });
  });

  describe('401', () => {
    it('lists nothing for nobody', async () => {
      expectProblem(await adminApp.as(null).get('/keys'), 401, 'unauthenticated');
    });
  });
});
