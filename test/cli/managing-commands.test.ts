import { createInstance, type TestInstance } from '../harness/instance.js';
import { memoryStore } from '../../lib/testing/index.js';
import { theApp } from '../harness/the-app.js';
import { anyModule, runHere, type CommandOutcome } from './run-here.js';

/** Commands close the instance that they are given, so each gets one of its own on the same store. */
let store: ReturnType<typeof memoryStore>;
let instance: TestInstance;
beforeEach(async () => {
  store = memoryStore();
  instance = createInstance({ store });
  await instance.apiKeys.ready();
});
afterEach(() => instance.apiKeys.close());

const run = (...args: string[]): Promise<CommandOutcome> =>
  runHere([args[0] ?? '', '--app', anyModule, ...args.slice(1)], {
    exports: { apiKeys: createInstance({ store }).apiKeys },
  });

const verify = (key: string) =>
  instance.apiKeys.keys.verify({ key, scopes: 'orders:read', address: '192.0.2.1' });

async function create(name: string, ...more: string[]): Promise<{ id: string; key: string }> {
  const { code, out } = await run(
    ...['create', '--owner', 'alice', '--name', name, '--scope', 'orders:read', '--json', ...more],
  );
  expect(code).toBe(0);
  return JSON.parse(out) as { id: string; key: string };
}

const listOf = ({ out }: CommandOutcome): readonly { readonly id: string }[] =>
  (JSON.parse(out) as { items: { id: string }[] }).items;

describe('the life of a key', () => {
  it('is created, listed, shown, changed, rotated and revoked', async () => {
    const created = await run(
      ...['create', '--owner', 'alice', '--name', 'CI', '--scope', 'orders:read', '--tag', 'ci'],
      ...['--actor', 'olga', '--expires', '2027-01-31T12:00:00Z'],
    );
    expect(created.code).toBe(0);
    // The key alone, so that it can be handed on without being shown.
    expect(created.out).toMatch(/^acme_live_\w+$/);
    expect(created.err).not.toContain(created.out);
    expect(created.err).toContain('2027-01-31T12:00:00.000Z');
    expect(await verify(created.out)).toMatchObject({ allowed: true });

    const [listed] = listOf(await run('list', '--tag', 'ci', '--json'));
    const id = listed?.id ?? '';
    const { items } = await instance.apiKeys.audit.as(theApp).list({ keyId: id });
    expect(items).toMatchObject([{ action: 'key.created', actor: { kind: 'admin', id: 'olga' } }]);
    const table = await run('list', '--owner', 'alice', '--state', 'active');
    expect(table.out.split('\n')).toEqual([
      expect.stringMatching(/^ID +OWNER +NAME +STATE +SCOPES +EXPIRES +LAST USED +HINT$/),
      expect.stringMatching(new RegExp(`^${id} +alice +CI +active +orders:read +2027-01-31T12:00:00.000Z `)),
    ]);
    expect(await run('show', '--id', id)).toMatchObject({
      ...{ code: 0, out: expect.stringMatching(/^id +\w{16}\n/) },
    });
    expect((await run('show', '--id', id, '--json')).out).not.toContain(created.out);

    expect((await run('update', '--id', id, '--disable', '--name', 'CI of the shop')).code).toBe(0);
    expect(await verify(created.out)).toMatchObject({ code: 'key_disabled' });
    expect((await run('update', '--id', id, '--enable', '--expires', 'never')).out).toMatch(
      /^enabled +true$/m,
    );

    const rotated = await run('rotate', '--id', id, '--grace', '60');
    expect(rotated.out).toMatch(/^acme_live_\w+$/);
    expect(rotated.out).not.toBe(created.out);
    for (const key of [created.out, rotated.out]) expect(await verify(key)).toMatchObject({ allowed: true });

    const revoked = await run('revoke', '--id', id, '--reason', 'keyCompromise', '--comment', 'In a log');
    expect(revoked).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^revocationReason +keyCompromise$/m),
    });
    for (const key of [created.out, rotated.out])
      expect(await verify(key)).toMatchObject({ code: 'key_revoked' });
  });

  it('ends for all keys of an owner, after a look at them', async () => {
    const [first, second] = [await create('one'), await create('two')];
    await run('revoke', '--id', second.id);
    const trial = await run('revoke-all', '--owner', 'alice', '--dry-run');
    expect(trial).toMatchObject({ code: 0, err: '1 would be revoked.' });
    expect(trial.out).toContain(first.id);
    expect(await verify(first.key)).toMatchObject({ allowed: true });
    expect(await run('revoke-all', '--owner', 'alice')).toMatchObject({ code: 0, err: '1 revoked.' });
    expect(await verify(first.key)).toMatchObject({ code: 'key_revoked' });
    expect(await run('revoke-all', '--owner', 'alice')).toMatchObject({ code: 0, err: '0 revoked.' });
  });

  it('is suspended and resumed with its owner', async () => {
    const { key } = await create('CI');
    expect((await run('owners', '--suspend', 'alice', '--reason', 'Invoice 17')).code).toBe(0);
    expect(await verify(key)).toMatchObject({ code: 'owner_suspended' });
    expect((await run('owners', '--suspended')).out).toMatch(/^alice +- .*Invoice 17$/m);
    expect((await run('owners', '--resume', 'alice')).code).toBe(0);
    expect(await verify(key)).toMatchObject({ allowed: true });
  });
});

it('lists more keys than a page has, and says when there are still more', async () => {
  const keys = instance.apiKeys.keys.as(theApp);
  for (let number = 0; number < 130; number += 1) {
    await keys.create({ ownerId: 'alice', name: `CI ${number}`, scopes: ['orders:read'] });
  }
  const all = await run('list', '--json', '--limit', '500');
  expect(listOf(all)).toHaveLength(130);
  expect(JSON.parse(all.out)).toMatchObject({ hasMore: false });
  expect(all.err).toBe('');
  const some = await run('list', '--json', '--limit', '120');
  expect(listOf(some)).toHaveLength(120);
  expect(JSON.parse(some.out)).toMatchObject({ hasMore: true });
  expect(some.err).toContain('There are more than these 120');
});

it('lists what deserves attention, and fails with --check when there is something', async () => {
  expect(await run('posture', '--check')).toMatchObject({ code: 0, out: '' });
  const { id } = await create('CI', '--expires', '2026-06-03T00:00:00Z');
  const found = await run('posture', '--check', '--reason', 'expires_soon');
  expect(found).toMatchObject({ code: 1, out: expect.stringContaining(id) });
});

describe('the audit log', () => {
  it('is listed, exported and verified, with an anchor for the next time', async () => {
    const { id } = await create('CI');
    await run('revoke', '--id', id);
    const listed = await run('audit', '--key', id, '--action', 'key.revoked');
    expect(listed.out.split('\n')).toHaveLength(2);
    const exported = await run('audit', '--all');
    expect(exported.err).toBe('');
    expect(exported.out.split('\n').map((line) => (JSON.parse(line) as { action: string }).action)).toEqual([
      'key.created',
      'key.revoked',
    ]);
    const verified = await run('audit', '--verify');
    expect(verified).toMatchObject({ code: 0, err: expect.stringContaining('no problem') });
    const anchor = verified.out;
    expect((await run('audit', '--verify', '--anchor', anchor)).code).toBe(0);
    const part = await run('audit', '--verify', '--max-entries', '1', '--anchor', anchor);
    expect(part).toMatchObject({ code: 0, err: expect.stringMatching(/1 entries are left.*--resume/) });
    const rest = await run('audit', '--verify', '--anchor', anchor, '--resume', part.out);
    expect(rest).toMatchObject({ code: 0, out: anchor });
    expect(await run('audit', '--verify', '--resume', part.out)).toMatchObject({
      ...{ code: 2, out: '', all: expect.stringContaining('with the same anchor') },
    });
    const [first = '', second = ''] = exported.out.split('\n');
    const { sequence } = JSON.parse(first) as { sequence: number };
    expect((await run('audit', '--all', '--after-sequence', String(sequence))).out).toBe(second);
    await create('another');
    const later = (await run('audit', '--verify')).out;
    store = memoryStore();
    // The log of another database is none that contains it.
    await create('elsewhere');
    const refused = await run('audit', '--verify', '--anchor', later);
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining('wrong_anchor') });
  });
});

it.each([
  [['show'], /--id is required/],
  [['show', '--id', 'no-such-key'], /no key with this id/],
  [['create', '--owner', 'alice'], /--name is required/],
  [['create', '--owner', 'alice', '--name', 'CI', '--scope', 'orders:reed'], /orders:read/],
  [['update', '--id', 'x'], /nothing to change/],
  [['update', '--id', 'x', '--enable', '--disable'], /contradict/],
  [['rotate', '--id', 'x', '--grace', 'a day'], /--grace must be a whole number/],
  [['revoke', '--id', 'x', '--reason', 'because'], /keyCompromise/],
  [['list', '--state', 'sleeping'], /revoked, disabled, expired/],
  [['list', '--expires-before', 'tomorrow'], /--expires-before must be a time/],
  [['audit', '--anchor', '1.x'], /needs --verify/],
  [['audit', '--resume', 'x'], /--resume needs --verify/],
  [['audit', '--max-entries', '5'], /--max-entries needs --verify/],
  [['audit', '--verify', '--max-entries', '0'], /at least 1/],
  [['audit', '--after-sequence', '5'], /--after-sequence needs --all/],
  [['audit', '--all', '--after-sequence', '-5'], /./],
  [['audit', '--verify', '--owner', 'alice'], /the whole log/],
  [['owners', '--reason', 'x'], /needs --suspend/],
  [['owners', '--suspend', 'a', '--resume', 'b'], /contradict/],
  [['owners', '--suspend', 'a', '--id', 'b'], /are for the list/],
  [['revoke-all', '--owner', 'a', '--dry-run', '--reason', 'because'], /keyCompromise/],
  [['audit', '--all', '--limit', '5'], /--limit is for the list/],
  [['posture', '--check', '--limit', '0'], /at least 1/],
  [['posture', '--check', '--reason', 'typo'], /never_expires/],
] as const)('says what is wrong with %j', async (args, message) => {
  const { code, err, out } = await run(...args);
  expect(code).toBe(args.includes('no-such-key' as never) ? 1 : 2);
  expect(out).toBe('');
  expect(err).toMatch(message);
});
