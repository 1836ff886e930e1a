import type { Response } from 'supertest';
import { alice, makeKey, root, startAdminApp, type AdminApp } from './admin-app.js';

/** Largest answer to a body that is refused for the names in it, in bytes: the longest known names are listed ten times. */
const maxAnswerBytes = 8 * 1024;

let adminApp: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp();
});
afterAll(() => adminApp.close());

const named = (count: number, name: (index: number) => string, value: unknown): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [name(index), value]));

/** Bodies of some 10 to 50 KB with nothing but names that are refused. */
const bodies: readonly (readonly [string, object])[] = [
  ['short names of objects', named(1_000, (index) => `n${index}`, {})],
  ['long names of objects', named(50, (index) => `n${index}`.padEnd(900, 'x'), {})],
  ['short names of numbers', named(1_000, (index) => `n${index}`, 1)],
  ['long names of numbers', named(50, (index) => `n${index}`.padEnd(900, 'x'), 1)],
];

describe.each(bodies)('P17: %s', (_, body) => {
  it.each<[string, (to: AdminApp, id: string) => Promise<Response>]>([
    ['POST /keys', (to) => to.as(alice).post('/keys').send(body)],
    ['PATCH /keys/:id', (to, id) => to.as(alice).patch(`/keys/${id}`).send(body)],
    [
      'PATCH /keys/:id as a merge patch',
      (to, id) => to.as(alice).patch(`/keys/${id}`).type('application/merge-patch+json').send(body),
    ],
    ['POST /keys/:id/rotate', (to, id) => to.as(alice).post(`/keys/${id}/rotate`).send(body)],
    ['PUT /owners/:id', (to) => to.as(root).put('/owners/alice').send(body)],
    ['PUT /owners/:id, in it', (to) => to.as(root).put('/owners/alice').send({ overrides: body })],
    ['POST /keys, in metadata of limits', (to) => to.as(alice).post('/keys').send({ rateLimits: body })],
    ['POST /keys, in resources', (to) => to.as(alice).post('/keys').send({ resources: body })],
  ])('are not repeated without bound by %s', async (_path, send) => {
    const { id } = await makeKey(adminApp, alice);
    const { status, text } = await send(adminApp, id);
    expect(status).toBe(400);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxAnswerBytes);
    expect(text).not.toContain('x'.repeat(100));
  });
});

it('P17: a merge patch names the objects in it that it does not merge, and counts those that it does not name', async () => {
  const { id } = await makeKey(adminApp, alice);
  const body = { metadata: { a: 1 }, 'a name': {}, 'another name': {} };
  const sent = adminApp.as(alice).patch(`/keys/${id}`).type('application/merge-patch+json').send(body);
  expect((await sent.expect(400)).body).toMatchObject({
    errors: [
      { field: 'metadata', message: 'is replaced as a whole, not merged: send it as application/json' },
      {
        field: 'body',
        message:
          'contains objects (2) that are replaced as a whole, not merged: send the body as application/json',
      },
    ],
  });
});

it.each([
  [{ '<b>': 1 }, 'overrides must not have the member other names'],
  [{ resources: { '<b>': [] } }, 'overrides resources must not name other kinds; '],
  [{ scops: [] }, 'overrides must not have the member "scops"; did you mean \'scopes\'?'],
])('P17: PUT /owners/:id repeats no name but a short, ordinary one: %j', async (overrides, problem) => {
  const { body } = await adminApp.as(root).put('/owners/alice').send({ overrides }).expect(400);
  const [{ field, message }] = (body as { errors: [{ field: string; message: string }] }).errors;
  expect(`${field} ${message}`).toContain(problem);
});
