import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { alice, expectProblem, makeKey, startAdminApp, type AdminApp } from './admin-app.js';

let adminApp: AdminApp;

beforeAll(async () => {
  adminApp = await startAdminApp();
});
afterAll(() => adminApp.close());

const newPem = (): string =>
  generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString();
const fields = { name: 'signer', scopes: ['orders:read'] };

describe('keys that are proven by a public key', () => {
  it('R78 are made without a secret, and show their key and its fingerprints', async () => {
    const pem = newPem();
    const answer = await adminApp
      .as(alice)
      .post('/keys')
      .send({ ...fields, publicKey: pem.replaceAll('\n', '\r\n') });
    expect(answer.status).toBe(201);
    const der = createPublicKey(pem).export({ format: 'der', type: 'spki' });
    const md5 = createHash('md5').update(der).digest('hex');
    const sha256Fingerprint = createHash('sha256').update(der).digest('hex');
    const { id } = answer.body as { id: string };
    expect(answer.body).toMatchObject({
      signing: 'public-key',
      hint: `acme_live_…${sha256Fingerprint.slice(-4)}`,
      publicKey: {
        algorithm: 'ed25519',
        pem,
        sha256Fingerprint,
        md5Fingerprint: (md5.match(/../g) ?? []).join(':'),
      },
    });
    expect(answer.body).not.toHaveProperty('key');
    const { body } = await adminApp.as(alice).get(`/keys/${id}`);
    expect(body).toEqual(answer.body);
  });

  it('R78 are refused with a code of their own, without a word of what was sent', async () => {
    const privatePem = generateKeyPairSync('ed25519')
      .privateKey.export({ format: 'pem', type: 'pkcs8' })
      .toString();
    const answer = await adminApp
      .as(alice)
      .post('/keys')
      .send({ ...fields, publicKey: privatePem });
    expectProblem(answer, 400, 'invalid_public_key');
    expect(answer.body).toMatchObject({ errors: [{ field: 'publicKey' }] });
    expect(answer.text).not.toContain(privatePem.split('\n')[1]);
    const both = await adminApp.as(alice).post('/keys').send({ scopes: [], publicKey: privatePem });
    expectProblem(both, 400, 'invalid_request');
  });

  it('R78 get another public key by rotation, and stay of their kind', async () => {
    const made = await adminApp
      .as(alice)
      .post('/keys')
      .send({ ...fields, publicKey: newPem() });
    const { id } = made.body as { id: string };
    expectProblem(await adminApp.as(alice).post(`/keys/${id}/rotate`), 409, 'conflict');
    const publicKey = newPem();
    const rotated = await adminApp.as(alice).post(`/keys/${id}/rotate`).send({ publicKey });
    expect(rotated.status).toBe(200);
    expect(rotated.body).toMatchObject({ version: 2, publicKey: { pem: publicKey } });
    expect(rotated.body).not.toHaveProperty('key');
    const secret = await makeKey(adminApp, alice);
    expectProblem(
      await adminApp.as(alice).post(`/keys/${secret.id}/rotate`).send({ publicKey }),
      409,
      'conflict',
    );
    const both = { ...fields, publicKey, signing: 'hmac' };
    expectProblem(await adminApp.as(alice).post('/keys').send(both), 409, 'conflict');
  });

  it('R78 secrets that sign go on signing after a rotation', async () => {
    const made = await adminApp
      .as(alice)
      .post('/keys')
      .send({ ...fields, signing: 'hmac' });
    const { id, key } = made.body as { id: string; key: string };
    expect(made.body).toMatchObject({ signing: 'hmac', publicKey: null });
    const rotated = await adminApp.as(alice).post(`/keys/${id}/rotate`);
    expect(rotated.body).toMatchObject({ signing: 'hmac', key: expect.not.stringContaining(key) as string });
  });
});
