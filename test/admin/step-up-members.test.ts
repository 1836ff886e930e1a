import type { StepUpAttempt } from '../../lib/index.js';
import { expectProblem, makeKey, root, startAdminApp, type AdminApp, type ShownKey } from './admin-app.js';

const organization = { kind: 'owner', ownerId: 'org:7' } as const;
const olga = { ...organization, memberId: 'user:1' };
const paul = { ...organization, memberId: 'user:2' };

let app: AdminApp;
let key: ShownKey;
const attempts: StepUpAttempt[] = [];

beforeAll(async () => {
  app = await startAdminApp({
    router: {
      stepUp: {
        operations: ['rotate'],
        verify(attempt) {
          attempts.push(attempt);
          return attempt.code === '492039';
        },
      },
    },
  });
  key = await makeKey(app, root, { ownerId: 'org:7' });
});
afterAll(() => app.close());

const rotate = (actor: typeof olga, challenge?: string, code = '492039') => {
  const sent = app.as(actor).post(`/keys/${key.id}/rotate`);
  return challenge === undefined ? sent : sent.set({ 'Step-Up-Challenge': challenge, 'Step-Up-Code': code });
};
async function getChallenge(actor: typeof olga): Promise<string> {
  const answer = await rotate(actor);
  expectProblem(answer, 403, 'step_up_required');
  return (answer.body as { challenge: { id: string } }).challenge.id;
}

describe('the second factor of members of one owner', () => {
  it('belongs to the member: the verifier gets it, and challenges and used codes are apart', async () => {
    const ofOlga = await getChallenge(olga);
    expectProblem(await rotate(paul, ofOlga), 403, 'step_up_invalid');
    expect(attempts).toEqual([]);
    await rotate(olga, ofOlga).expect(200);
    expect(attempts.at(-1)).toMatchObject({ actor: olga, operation: 'rotate', keyId: key.id });
    expectProblem(await rotate(olga, await getChallenge(olga)), 403, 'step_up_used');
    // Another member's code may be the same by chance.
    await rotate(paul, await getChallenge(paul)).expect(200);
  });

  it('is throttled for one member, not for the others', async () => {
    const wrong = async (actor: typeof olga): Promise<string> =>
      ((await rotate(actor, await getChallenge(actor), '000000')).body as { code: string }).code;
    for (let count = 0; count < 5; count += 1) expect(await wrong(olga)).toBe('step_up_invalid');
    expect(await wrong(olga)).toBe('step_up_throttled');
    expect(await wrong(paul)).toBe('step_up_invalid');
  });
});
