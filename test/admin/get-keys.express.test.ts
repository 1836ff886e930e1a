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
  use,
  type AdminApp,
  type Sender,
} from './admin-app.js';
import { waitUntil } from '../servers/wait-until.cjs';
import { theApp } from '../harness/the-app.js';

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

    it('R59 goes through all keys page by page, each of them once', async () => {
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

    it('R59 shows neither twice nor never what was there, while keys are made in between', async () => {
      const other = await startAdminApp();
      for (let count = 0; count < 6; count += 1) {
        await makeKey(other, alice, { name: `old ${count}` });
        other.passTime(count % 2);
      }
      const names: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = (await other.as(alice).get(`/keys?limit=2${query}`)).body as Page;
        names.push(...namesIn(page));
        cursor = page.nextCursor;
        await makeKey(other, alice, { name: 'new' });
      }
      expect(names.sort()).toEqual(['old 0', 'old 1', 'old 2', 'old 3', 'old 4', 'old 5']);
      await other.close();
    });

    it('finds keys by tag, by their end and by their last use', async () => {
      const other = await startAdminApp();
      const start = other.now();
      const dayMs = 24 * 60 * 60 * 1000;
      const inDays = (days: number): string => new Date(start + days * dayMs).toISOString();
      await makeKey(other, alice, { name: 'soon', expiresAt: inDays(10), tags: ['ci', 'shop'] });
      await makeKey(other, alice, { name: 'late', expiresAt: inDays(100), tags: ['shop'] });
      const used = await makeKey(other, alice, { name: 'used' });
      other.passTime(5 * dayMs);
      await use(other, used.key);
      const find = async (query: string): Promise<string> =>
        namesIn((await other.as(alice).get(`/keys?${query}`).expect(200)).body as Page)
          .sort()
          .join();
      expect(await find('tag=shop')).toBe('late,soon');
      expect(await find('tag=ci')).toBe('soon');
      expect(await find('tag=sh')).toBe('');
      expect(await find(`expiresBefore=${inDays(10)}`)).toBe('');
      expect(await find(`expiresBefore=${inDays(11)}`)).toBe('soon');
      expect(await find(`expiresBefore=${encodeURIComponent('2099-01-01T00:00:00+02:00')}`)).toBe(
        'late,soon',
      );
      await waitUntil('the use is written', async () => (await find('unusedForDays=4')) === 'late,soon');
      expect(await find('unusedForDays=5')).toBe('');
      other.passTime(5 * dayMs);
      expect(await find('unusedForDays=4')).toBe('late,soon,used');
      expect(await find('unusedForDays=4&tag=ci')).toBe('soon');
      expect(await find(`expiresBefore=${inDays(11)}&state=expired`)).toBe('soon');

      const keys = await other.apiKeys.keys.as(theApp).list({
        expiresBefore: new Date(start + 11 * dayMs),
        unusedForDays: 4,
      });
      expect(keys.items.map(({ name }) => name)).toEqual(['soon']);
      const page = (await other.as(alice).get('/keys?limit=1&unusedForDays=4')).body as Page;
      const cursor = encodeURIComponent(String(page.nextCursor));
      await other.as(alice).get(`/keys?limit=1&unusedForDays=4&cursor=${cursor}`).expect(200);
      await other.as(alice).get(`/keys?limit=1&unusedForDays=3&cursor=${cursor}`).expect(400);
      await other.close();
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
      ['?tag=', '?tag'],
      [`?tag=${'x'.repeat(51)}`, '?tag'],
      ['?expiresBefore=2027-01-31', '?expiresBefore'],
      ['?expiresBefore=2027-02-30T00:00:00Z', '?expiresBefore'],
      ['?expiresBefore=1800000000000', '?expiresBefore'],
      ['?unusedForDays=0', '?unusedForDays'],
      ['?unusedForDays=3651', '?unusedForDays'],
      ['?unusedForDays=1.5', '?unusedForDays'],
    ])('R59 refuses %s and names %s', async (query, field) => {
      const answer = await request(adminApp.server)
        .get(`${mountPath}/keys${encodeURI(query).replaceAll('%25', '%')}`)
        .set('X-Actor', JSON.stringify(alice));
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual([field]);
    });

    it('R59 refuses the cursor of another owner, of another filter and of another list', async () => {
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
