import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../package/installed-package.js';
import { nodeBinary } from '../package/node-binary.js';
import { copyVerdaccio, type VerdaccioCopy } from './verdaccio/copy-of-verdaccio.js';
import { runItsTests } from './verdaccio/run-its-tests.js';
import { startVerdaccio, type RunningVerdaccio } from './verdaccio/start-verdaccio.js';

// Verdaccio, a private npm registry: streams, uploads, static files, body parsers, sign-in by Basic, Bearer and cookies of its own,
// and registries that read from each other. It was protected as docs/start/add-to-an-existing-app.md describes.

const copies: VerdaccioCopy[] = [];
let node: string;

async function copyOf(options: { protectedByKeys: boolean }): Promise<VerdaccioCopy> {
  const copy = await copyVerdaccio(options);
  copies.push(copy);
  return copy;
}

beforeAll(async () => {
  node = await nodeBinary('20.19.0');
});
afterAll(() => {
  for (const copy of copies) copy.remove();
});

/** A key made in code, as an operator would, with the database and the pepper of the app. */
async function createKey({ folder }: VerdaccioCopy): Promise<string> {
  const script = `
    const { apiKeys } = require('./lib/api-keys.cjs');
    const scopes = ['packages:read', 'packages:publish'];
    apiKeys.ready()
      .then(() => apiKeys.keys.as({ kind: 'application' }).create({ ownerId: 'test', name: 'tests', scopes }))
      .then(({ key }) => console.log(key))
      .finally(() => apiKeys.close());`;
  const { stdout, stderr } = await run(node, ['-e', script], folder);
  if (!stdout.startsWith('registry_live_')) throw new Error(stderr);
  return stdout.trim();
}

describe("Verdaccio's own tests", () => {
  it('pass before and after, the same ones', async () => {
    const copy = await copyOf({ protectedByKeys: true });
    // One after the other: some of them wait for what a busy machine takes longer for.
    const before = await runItsTests(await copyOf({ protectedByKeys: false }), node, undefined);
    const after = await runItsTests(copy, node, await createKey(copy));
    expect(before.length).toBeGreaterThan(190);
    expect(after).toEqual(before);
  }, 300_000);
});

describe('Verdaccio with keys', () => {
  let copy: VerdaccioCopy;
  let registry: RunningVerdaccio;

  beforeAll(async () => {
    copy = await copyOf({ protectedByKeys: true });
    registry = await startVerdaccio(copy, node);
  });
  afterAll(() => registry.stop());

  const send = (path: string, init: RequestInit = {}) => fetch(`${registry.url}${path}`, init);
  const basic = (user: string) => ({
    Authorization: `Basic ${Buffer.from(`${user}:${user}`).toString('base64')}`,
  });
  const json = { 'Content-Type': 'application/json' };
  const octets = { 'Content-Type': 'application/octet-stream' };

  interface Created {
    readonly id: string;
    readonly key: string;
  }
  async function create(user: string, scopes: readonly string[]): Promise<Created> {
    const body = JSON.stringify({ name: 'CI', scopes });
    const answer = await send('/-/api-keys/keys', {
      method: 'POST',
      headers: { ...basic(user), ...json },
      body,
    });
    expect(answer.status).toBe(201);
    return (await answer.json()) as Created;
  }

  /** A package with one version and no tarball, as Verdaccio's own tests publish it. */
  const publish = (name: string, headers: Record<string, string>) =>
    send(`/${name}`, {
      method: 'PUT',
      headers: { ...json, ...headers },
      body: JSON.stringify({ name, versions: {}, 'dist-tags': {} }),
    });

  it('refuses requests without a key or a sign-in, before it parses them', async () => {
    expect((await send('/some-package')).status).toBe(401);
    const unreadable = await send('/some-package', { method: 'PUT', headers: json, body: '{' });
    expect(unreadable.status).toBe(401);
    expect((await send('/-/all')).status).toBe(401);
    expect((await send('/-/search/some')).status).toBe(401);
  });

  it('leaves its health check, its static files and its sign-in open', async () => {
    for (const path of ['/-/ping', '/-/logo', '/-/static/main.css', '/favicon.ico', '/']) {
      expect({ path, status: (await send(path)).status }).toEqual({ path, status: 200 });
    }
    const form = new URLSearchParams({ user: 'alice', pass: 'alice' });
    const signedIn = await send('/-/login', { method: 'POST', body: form, redirect: 'manual' });
    expect(signedIn.headers.get('Set-Cookie')).toMatch(/^token=.+/);
    const [cookie = ''] = (signedIn.headers.get('Set-Cookie') ?? '').split(';');
    const sameSite = { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' };
    expect((await send('/-/api-keys/keys', { headers: sameSite })).status).toBe(200);
    const crossSite = { ...json, Cookie: cookie, 'Sec-Fetch-Site': 'cross-site' };
    const forged = await send('/-/api-keys/keys', { method: 'POST', headers: crossSite, body: '{}' });
    expect(forged.status).toBe(403);
  });

  it('lets its own users in without a key', async () => {
    expect((await publish('by-alice', basic('alice'))).status).toBe(201);
    expect((await send('/by-alice', { headers: basic('bob') })).status).toBe(200);
  });

  it('accepts a key for what it may do, as its owner, until it is revoked', async () => {
    const { id, key } = await create('alice', ['packages:read']);
    const headers = { Authorization: `Bearer ${key}` };
    expect(await (await send('/-/whoami', { headers })).json()).toEqual({ username: 'alice' });
    const refused = await publish('by-a-key', headers);
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope', missingScopes: ['packages:publish'] },
    });
    const revoked = await send(`/-/api-keys/keys/${id}/revoke`, {
      method: 'POST',
      headers: { ...basic('alice'), ...json },
      body: '{}',
    });
    expect(revoked.status).toBe(200);
    const after = await send('/-/whoami', { headers });
    expect({ status: after.status, body: await after.json() }).toMatchObject({
      status: 401,
      body: { code: 'key_revoked' },
    });
  });

  it('does not show the keys of one user to another', async () => {
    const { id } = await create('alice', ['packages:read']);
    expect((await send(`/-/api-keys/keys/${id}`, { headers: basic('bob') })).status).toBe(404);
    expect((await send(`/-/api-keys/keys/${id}`, { headers: basic('alice') })).status).toBe(200);
  });

  it('stores and streams an upload with a key that it has not seen before', async () => {
    const { key } = await create('alice', ['packages:read', 'packages:publish']);
    const headers = { Authorization: `Bearer ${key}` };
    expect((await publish('streamed', headers)).status).toBe(201);
    const bytes = randomBytes(3_000_000);
    const uploader = { Authorization: `Bearer ${(await create('alice', ['packages:publish'])).key}` };
    const path = '/streamed/-/streamed-1.0.0.tgz';
    const stored = await send(`${path}/whatever`, {
      method: 'PUT',
      headers: { ...octets, ...uploader },
      body: bytes,
    });
    expect(stored.status).toBe(201);
    const fetched = await send(path, { headers });
    expect(Buffer.from(await fetched.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await send(path, { headers: uploader })).status).toBe(403);
  });

  it('serves npm, which sends a key as its token', async () => {
    const { key } = await create('bob', ['packages:read', 'packages:publish']);
    const project = join(copy.folder, 'data', 'some-library');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'some-library', version: '1.0.0' }));
    const host = registry.url.replace('http:', '');
    writeFileSync(join(project, '.npmrc'), `registry=${registry.url}/\n${host}/:_authToken=${key}\n`);
    const published = await run('npm', ['publish'], project);
    expect({ code: published.code, stderr: published.stderr }).toMatchObject({ code: 0 });
    const shown = await run('npm', ['view', 'some-library', 'version'], project);
    expect(shown.stdout.trim()).toBe('1.0.0');
    const packed = await run('npm', ['pack', '--silent', 'some-library@1.0.0'], project);
    expect(packed.stdout.trim()).toBe('some-library-1.0.0.tgz');
  });

  it('has no key in its log, and stops when it is asked to', async () => {
    const { key } = await create('alice', ['packages:read']);
    await send('/-/whoami', { headers: { 'X-API-Key': key } });
    await send('/-/whoami', { headers: { Authorization: `Bearer ${key}` } });
    expect(await registry.stop()).toBe(0);
    expect(registry.log().includes('/-/whoami')).toBe(true);
    expect(registry.log().includes(key)).toBe(false);
  });
});
