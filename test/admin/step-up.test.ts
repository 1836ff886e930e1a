import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Response, Test } from 'supertest';
import { createTotpSecret, createTotpVerifier } from 'express-api-keys/totp';
import type { StepUpOptions } from '../../lib/index.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import type { Actor } from '../../lib/domain/actor.js';
import { codeAt } from '../totp/code-at.js';
import {
  alice,
  bob,
  expectProblem,
  makeKey,
  root,
  startAdminApp,
  use,
  type AdminApp,
  type Sender,
  type ShownKey,
} from './admin-app.js';

const secrets: Record<string, string> = { alice: createTotpSecret(), root: createTotpSecret() };
const idOf = (actor: Actor): string =>
  actor.kind === 'owner' ? actor.ownerId : actor.kind === 'admin' ? actor.id : '';
const totp = createTotpVerifier({ secretFor: (actor) => secrets[idOf(actor)] ?? null });

const schema = `step_up_${randomBytes(8).toString('hex')}`;
const connection = process.env['TEST_DATABASE_URL'] ?? '';
const apps: AdminApp[] = [];
const stores: ReturnType<typeof postgresStore>[] = [];

/** One process's worth of an app; all share one database, one pepper and one time. */
async function start(stepUp: StepUpOptions): Promise<AdminApp> {
  const store = postgresStore({ connection, schema, logger: console });
  stores.push(store);
  const started = await startAdminApp({ store, router: { stepUp, managementScope: 'keys:manage' } });
  started.passTime((apps[0] ?? started).now() - started.now());
  apps.push(started);
  return started;
}

let app: AdminApp;
let second: AdminApp;
let key: ShownKey;

beforeAll(async () => {
  app = await start({ operations: ['rotate', 'revoke'], verify: totp });
  second = await start({ operations: ['rotate', 'revoke'], verify: totp });
}, 180_000);
beforeEach(async () => {
  // Everybody's tries, and every code that was used, are over.
  for (const each of apps) each.passTime(10 * 60_000);
  key = await makeKey(app, alice);
});
afterAll(async () => {
  for (const each of apps) await each.close();
  for (const store of stores) await store.close();
  const client = new pg.Client({ connectionString: connection });
  await client.connect();
  await client.query(`drop schema if exists ${schema} cascade`);
  await client.end();
});

interface Proof {
  readonly challenge?: string | undefined;
  readonly code?: string | undefined;
}

const currentCode = (who = 'alice'): string => codeAt(secrets[who] ?? '', app.now());

function rotate(
  { challenge, code }: Proof = {},
  { from = app, as = alice, id = key.id }: { from?: AdminApp; as?: Sender; id?: string } = {},
): Test {
  const sent = from.as(as).post(`/keys/${id}/rotate`);
  if (challenge !== undefined) void sent.set('Step-Up-Challenge', challenge);
  if (code !== undefined) void sent.set('Step-Up-Code', code);
  return sent;
}

/** The challenge of an answer that asks for a second factor. */
function challengeOf(answer: Response, code = 'step_up_required'): string {
  expectProblem(answer, 403, code);
  expect(answer.headers['www-authenticate']).toBe(
    'Bearer realm="acme", error="insufficient_user_authentication", error_description="A second factor is needed"',
  );
  const { challenge } = answer.body as { challenge: { id: string; expiresAt: string } };
  expect(Date.parse(challenge.expiresAt)).toBe(app.now() + 60_000);
  expect(challenge.id).toMatch(/^[\w-]+\.[\w-]+$/);
  return challenge.id;
}

describe('a second factor', () => {
  it('is asked for, and lets the operation through once', async () => {
    const challenge = challengeOf(await rotate());
    expect(await use(app, key.key)).toBe(200);
    const rotated = await rotate({ challenge, code: currentCode() });
    expect(rotated.status).toBe(200);
    expect((rotated.body as ShownKey).id).toBe(key.id);
    expect(await use(app, key.key)).toBe(401);
  });

  it('is not asked for where none is configured, of who looks, or of who holds the key', async () => {
    const client = app.as(alice);
    await client.get(`/keys/${key.id}`).expect(200);
    await client.patch(`/keys/${key.id}`).send({ name: 'renamed' }).expect(200);
    await client.get(`/keys/${key.id}/usage`).expect(200);
    await app.as(null).post('/self/revoke').set('X-Api-Key', key.key).expect(200);
  });

  it('is asked for by every way to the operation', async () => {
    challengeOf(await app.as(alice).delete(`/keys/${key.id}`));
    challengeOf(await app.as(alice).post(`/keys/${key.id}/revoke`));
    challengeOf(await app.as(root).post(`/keys/${key.id}/revoke`));
    const all = await start({ operations: ['create', 'update'], verify: totp });
    const client = all.as(alice);
    challengeOf(await client.patch(`/keys/${key.id}`).send({ name: 'x' }));
    const body = { name: 'x', scopes: [] };
    const challenge = challengeOf(await client.post('/keys').send(body));
    const proof = { 'Step-Up-Challenge': challenge, 'Step-Up-Code': currentCode() };
    await client.post('/keys').set(proof).send(body).expect(201);
  });

  it('is asked for before an owner is suspended or resumed, for that owner and by who may do it', async () => {
    const all = await start({ operations: ['suspend', 'resume'], verify: totp });
    const suspend = (challenge?: string, owner = 'carol', path = 'suspend') => {
      const sent = all.as(root).post(`/owners/${owner}/${path}`);
      return challenge === undefined
        ? sent
        : sent.set({ 'Step-Up-Challenge': challenge, 'Step-Up-Code': currentCode('root') });
    };
    const challenge = challengeOf(await suspend());
    challengeOf(await suspend(challenge, 'dora'), 'step_up_invalid');
    challengeOf(await suspend(challenge, 'carol', 'resume'), 'step_up_invalid');
    expect((await all.as(root).get('/owners/carol')).body).toMatchObject({ version: 0 });
    expect((await suspend(challenge)).body).toMatchObject({ version: 1 });
    challengeOf(await suspend(undefined, 'carol', 'resume'));
    expectProblem(await all.as(alice).post('/owners/carol/suspend'), 403, 'forbidden');
    expectProblem(await all.as(root).post('/owners/%00/suspend'), 400, 'invalid_request');
    // The four operations on keys are not concerned, nor are owners by those.
    await all.as(root).post(`/keys/${key.id}/revoke`).expect(200);
    await app.as(root).post('/owners/carol/resume').expect(200);
  });

  it('tells missing, wrong, used and late ones apart', async () => {
    const challenge = challengeOf(await rotate());
    challengeOf(await rotate({ challenge }));
    challengeOf(await rotate({ code: currentCode() }));
    challengeOf(await rotate({ challenge, code: '' }));

    const code = currentCode();
    const wrong = code === '000000' ? '000001' : '000000';
    challengeOf(await rotate({ challenge, code: wrong }), 'step_up_invalid');
    challengeOf(await rotate({ challenge, code: 'x'.repeat(300) }), 'step_up_invalid');
    const late = codeAt(secrets['alice'] ?? '', app.now() - 120_000);
    challengeOf(await rotate({ challenge, code: late }), 'step_up_expired');

    expect((await rotate({ challenge, code })).status).toBe(200);
    // The code first: it was used, whichever challenge it comes with.
    const next = challengeOf(await rotate({ challenge, code }), 'step_up_used');
    challengeOf(await rotate({ challenge: next, code }), 'step_up_used');
    // The next code is not; but the first challenge is.
    for (const each of apps) each.passTime(30_000);
    challengeOf(await rotate({ challenge, code: currentCode() }), 'step_up_used');
  });

  describe('after a database server took over that may not know which codes were used', () => {
    const client = new pg.Client({ connectionString: connection });
    beforeAll(() => client.connect());
    afterEach(() => client.query(`update ${schema}.audit_head set history_since = 0`));
    afterAll(() => client.end());
    const setHistory = (ageSeconds: number): Promise<unknown> =>
      client.query(
        `update ${schema}.audit_head set history_since = (extract(epoch from clock_timestamp()) - ${ageSeconds}) * 1000`,
      );
    const minute = 60_000;

    // Clocks may be a minute apart; how long the code was usable is counted in steps that have begun.
    it.each([
      [0, 1],
      [1, 3],
      [5, 11],
    ])('is not believed while its code could be used before, with a window of %i', async (window, steps) => {
      const verify = createTotpVerifier({ secretFor: (actor) => secrets[idOf(actor)] ?? null, window });
      const from = await start({ operations: ['rotate'], verify });
      const now = app.now();
      // The last moment of the last step in which the code is accepted.
      const code = codeAt(secrets['alice'] ?? '', now - window * 30_000);
      const usableFor = now - (Math.floor(now / 30_000) - 2 * window) * 30_000;
      expect(usableFor).toBeLessThanOrEqual(steps * 30_000);
      const challenge = challengeOf(await rotate({}, { from }));
      for (const age of [0, usableFor / 1000 + 30]) {
        await setHistory(age);
        expectProblem(await rotate({ challenge, code }, { from }), 503, 'unavailable');
      }
      await setHistory((usableFor + minute) / 1000 + 1);
      expect((await rotate({ challenge, code }, { from })).status).toBe(200);
    });

    it('is not believed while a code of an app could be used before, 330 seconds where that is not returned', async () => {
      let validFrom: Date | undefined;
      const from = await start({
        operations: ['rotate'],
        verify: () => ({ result: 'valid', validFrom }) as never,
      });
      for (const [usableFor, wanted] of [
        [undefined, 330],
        [600, 600],
        [10, 10],
        // By a clock that is ahead.
        [-3600, 0],
      ] as const) {
        validFrom = usableFor === undefined ? undefined : new Date(app.now() - usableFor * 1000);
        const code = `code ${usableFor}`;
        const challenge = challengeOf(await rotate({}, { from }));
        await setHistory(wanted + 30);
        expectProblem(await rotate({ challenge, code }, { from }), 503, 'unavailable');
        await setHistory(wanted + 61);
        const verdict = await rotate({ challenge, code }, { from });
        expect(verdict.status).toBe(200);
      }
    });
  });

  it.each([
    ['If-Match', 'no tag', 400],
    ['If-Match', `"${'x'.repeat(600)}"`, 400],
    ['Idempotency-Key', '"open', 400],
    ['Idempotency-Key', 'x'.repeat(300), 400],
    ['Content-Type', 'text/plain', 415],
  ])('is not used up by a request with a malformed %s', async (name, value, status) => {
    const challenge = challengeOf(await rotate());
    const code = currentCode();
    const malformed = await rotate({ challenge, code }).set(name, value);
    expect(malformed.status).toBe(status);
    expect((await rotate({ challenge, code })).status).toBe(200);
  });

  it('is asked for again when a request is repeated, which then shows no secret', async () => {
    const repeated = (proof?: Proof): Test => rotate(proof).set('Idempotency-Key', '"once"');
    const proof = { challenge: challengeOf(await repeated()), code: currentCode() };
    expect((await repeated(proof)).body).toHaveProperty('key');
    challengeOf(await repeated(proof), 'step_up_used');
    for (const each of apps) each.passTime(30_000);
    const answer = await repeated({ challenge: challengeOf(await repeated()), code: currentCode() });
    expect(answer.status).toBe(200);
    expect(answer.headers['idempotency-replayed']).toBe('true');
    expect(answer.body).not.toHaveProperty('key');
  });

  it('comes too late when the challenge has run out', async () => {
    const challenge = challengeOf(await rotate());
    for (const each of apps) each.passTime(59_999);
    expect((await rotate({ challenge, code: currentCode() })).status).toBe(200);
    const another = challengeOf(await rotate());
    for (const each of apps) each.passTime(60_000);
    challengeOf(await rotate({ challenge: another, code: currentCode() }), 'step_up_expired');
  });

  it('is used up in all processes, and a challenge of one is good in another', async () => {
    const code = currentCode();
    const fromSecond = challengeOf(await rotate({}, { from: second }));
    expect((await rotate({ challenge: fromSecond, code })).status).toBe(200);
    challengeOf(await rotate({ challenge: fromSecond, code }, { from: second }), 'step_up_used');
    const fresh = challengeOf(await rotate({}, { from: second }));
    challengeOf(await rotate({ challenge: fresh, code }, { from: second }), 'step_up_used');
  });

  it('lets one of many at once through', async () => {
    const challenge = challengeOf(await rotate());
    const code = currentCode();
    const answers = await Promise.all(
      [app, second, app, second].map((from) => rotate({ challenge, code }, { from })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403]);
  });

  it('is for one operation on one key by one actor', async () => {
    const other = await makeKey(app, alice);
    const code = currentCode();
    const ofOtherKey = challengeOf(await rotate({}, { id: other.id }));
    const ofOtherOperation = challengeOf(await app.as(alice).post(`/keys/${key.id}/revoke`));
    const ofOtherActor = challengeOf(await rotate({}, { as: root }));
    const challenge = challengeOf(await rotate());
    const forged = `${challenge.slice(0, -2)}${challenge.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const wrong of [ofOtherKey, ofOtherOperation, ofOtherActor, forged, 'x', 'x'.repeat(5000)]) {
      challengeOf(await rotate({ challenge: wrong, code }), 'step_up_invalid');
    }
    // None of that was a try, or has used anything up.
    expect((await rotate({ challenge, code })).status).toBe(200);
  });

  it('shows a key of somebody else like one that does not exist', async () => {
    const foreign = await rotate({}, { as: bob });
    const unknown = await rotate({}, { as: bob, id: '0000000000000000' });
    expectProblem(foreign, 404, 'not_found');
    expect(foreign.text).toBe(unknown.text);
  });

  it('of an owner without one refuses', async () => {
    const ofBob = await makeKey(app, bob);
    const challenge = challengeOf(await rotate({}, { as: bob, id: ofBob.id }));
    const answer = await rotate({ challenge, code: '123456' }, { as: bob, id: ofBob.id });
    expectProblem(answer, 403, 'forbidden');
    expect((answer.body as { detail: string }).detail).toContain('none is set up');
  });

  it('can be tried a few times only, also many at once', async () => {
    const guesses = await start({ operations: ['rotate'], verify: ({ code }) => code === 'right' });
    const challenge = challengeOf(await rotate({}, { from: guesses }));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => rotate({ challenge, code: `no${index}` }, { from: guesses })),
    );
    const codes = answers.map(({ body }) => (body as { code: string }).code);
    expect(codes.filter((code) => code === 'step_up_invalid')).toHaveLength(5);
    expect(codes.filter((code) => code === 'step_up_throttled')).toHaveLength(15);
    const throttled = await rotate({ challenge, code: 'right' }, { from: guesses });
    expectProblem(throttled, 429, 'step_up_throttled');
    expect(Number(throttled.headers['retry-after'])).toBeGreaterThan(200);
    // Others are not concerned.
    const asRoot = challengeOf(await rotate({}, { from: guesses, as: root }));
    expect((await rotate({ challenge: asRoot, code: 'right' }, { from: guesses, as: root })).status).toBe(
      200,
    );
  });

  it('is remembered when it was used, whichever hook checks it, and errors are not revealed', async () => {
    const own = await start({
      operations: ['rotate'],
      verify: ({ code }) => {
        if (code === 'trouble') throw new Error('the secret store said CANARY');
        return code === 'right';
      },
    });
    const challenge = challengeOf(await rotate({}, { from: own }));
    const trouble = await rotate({ challenge, code: 'trouble' }, { from: own });
    expectProblem(trouble, 500, 'internal_error');
    expect(trouble.text).not.toContain('CANARY');
    expect((await rotate({ challenge, code: 'right' }, { from: own })).status).toBe(200);
    const next = challengeOf(await rotate({}, { from: own }));
    challengeOf(await rotate({ challenge: next, code: 'right' }, { from: own }), 'step_up_used');
  });

  it('lets no request through for an answer that is neither a boolean nor a result, and logs it', async () => {
    let answer: unknown;
    const own = await start({ operations: ['rotate'], verify: () => answer as never });
    const strange = [
      ...[undefined, null, 0, 1, '', NaN, 'invalid', 'valid', 'true', [], ['valid'], {}, { valid: false }],
      ...[{ valid: true }, { result: 'right' }, { result: 'VALID' }, { result: true }, { result: ['valid'] }],
      ...[() => true, Symbol('valid'), new Boolean(true), Promise.resolve({ result: undefined })],
      // By these a used code would be forgotten, or taken for another.
      ...[
        { result: 'valid', codeId: 7 },
        { result: 'valid', codeId: '' },
      ],
      ...[
        { result: 'valid', expiresAt: new Date(NaN) },
        { result: 'valid', expiresAt: 1_893_456_000_000 },
        { result: 'valid', expiresAt: '2027' },
      ],
      // By these a code whose use was lost would be accepted again.
      ...[
        { result: 'valid', validFrom: new Date(NaN) },
        { result: 'valid', validFrom: 1_893_456_000_000 },
        { result: 'valid', validFrom: null },
      ],
    ];
    const challenge = challengeOf(await rotate({}, { from: own }));
    for (const each of strange) {
      answer = each;
      expectProblem(await rotate({ challenge, code: 'code' }, { from: own }), 500, 'internal_error');
    }
    expect(own.logged.join()).toContain(
      'stepUp.verify returned something other than true, false or { result }',
    );

    for (const [refusing, code] of [
      [false, 'step_up_invalid'],
      [{ result: 'invalid' }, 'step_up_invalid'],
      [{ result: 'expired' }, 'step_up_expired'],
      [{ result: 'not_enrolled' }, 'forbidden'],
    ] as const) {
      answer = refusing;
      expectProblem(await rotate({ challenge, code: 'code' }, { from: own }), 403, code);
    }
    for (const right of [
      true,
      { result: 'valid', codeId: undefined, validFrom: undefined, expiresAt: undefined },
    ]) {
      answer = right;
      const next = challengeOf(await rotate({}, { from: own }));
      expect((await rotate({ challenge: next, code: typeof right }, { from: own })).status).toBe(200);
    }
  });

  it.each([
    {},
    { operations: ['rotate'] },
    { operations: [], verify: totp },
    { operations: ['rotat'], verify: totp },
    { operations: ['rotate'], verify: true },
    { operations: ['rotate'], verify: totp, seconds: 3 },
    null,
  ])('refuses the option %j', (stepUp) => {
    expect(() => app.apiKeys.adminRouter({ authorize: () => null, stepUp: stepUp as never })).toThrow(
      'stepUp',
    );
  });
});
