import { alice, makeKey, startAdminApp, type AdminApp, type ShownKey } from './admin-app.js';

describe('a second factor that was used', () => {
  let app: AdminApp;
  let key: ShownKey;
  /** When the code that is checked can no longer be used. */
  let codeEndsAt: Date;

  beforeEach(async () => {
    app = await startAdminApp({
      router: {
        stepUp: {
          operations: ['rotate'],
          verify: ({ code }) => ({ result: 'valid', codeId: code, expiresAt: codeEndsAt }),
        },
      },
    });
    key = await makeKey(app, alice);
  });
  afterEach(() => app.close());

  async function askForChallenge(): Promise<string> {
    const { body } = await app.as(alice).post(`/keys/${key.id}/rotate`).send({}).expect(403);
    return (body as { challenge: { id: string } }).challenge.id;
  }
  async function rotate(challenge: string, code: string): Promise<unknown> {
    const proof = { 'Step-Up-Challenge': challenge, 'Step-Up-Code': code };
    const { status, body } = await app.as(alice).post(`/keys/${key.id}/rotate`).set(proof).send({});
    return [status, (body as { code?: string }).code];
  }
  /** What a process does whose clock is a minute ahead. */
  async function removeExpired(): Promise<void> {
    await app.store.housekeeping.removeExpired('nonces', app.now() + 60_000, 1000);
  }

  it.each(['challenge', 'code'])(
    'stays used while a process whose clock is a minute ahead removes nonces: %s',
    async (what) => {
      codeEndsAt = new Date(app.now() + 60_000);
      const first = await askForChallenge();
      const unused = await askForChallenge();
      expect(await rotate(first, '111111')).toEqual([200, undefined]);
      app.passTime(59_999);
      await removeExpired();
      const repeated = what === 'code' ? rotate(unused, '111111') : rotate(first, '222222');
      expect(await repeated).toEqual([403, 'step_up_used']);
    },
  );
});
