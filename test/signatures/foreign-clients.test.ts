import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { signRequest } from '../../lib/index.js';
import { newEd25519, newRsa, pemOf, startSignedApp, type SignedApp } from '../harness/signed-app.js';
import type { TestSigner } from '../harness/signing.js';

jest.setTimeout(180_000);

/** Runs a program that uses a library as its users do, and reads what it has written. */
async function run(client: string, input: object): Promise<unknown> {
  const program = join(__dirname, 'clients', `${client}.mjs`);
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(input)]);
  return JSON.parse(stdout);
}

const pkcs8 = ({ privateKey }: TestSigner): string =>
  privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

let app: SignedApp;
const signers: Record<string, TestSigner> = {};

beforeAll(async () => {
  app = await startSignedApp({ clock: { now: () => Date.now() } });
  signers['ed25519'] = await app.signer(newEd25519());
  signers['rsa-pss-sha512'] = await app.signer(newRsa());
});
afterAll(() => app.close());

describe.each(['ed25519', 'rsa-pss-sha512'])('clients that others have written, with %s', (alg) => {
  it.each(['http-message-signatures', 'http-message-sig'])('R75 %s is accepted', async (client) => {
    const signer = signers[alg] as TestSigner;
    const url = `http://127.0.0.1:${app.port}/signed?a=1&b=%20`;
    const answers = await run(client, { url, keyId: signer.keyId, pem: pkcs8(signer), alg, tag: 'acme' });
    const expected = { id: signer.keyId, via: 'signature' };
    expect(answers).toEqual([
      { status: 200, body: expect.objectContaining(expected) as unknown },
      { status: 200, body: { ...expected, body: { item: 'Bücher' } } },
    ]);
  });

  it('R75 both check what signRequest has signed', async () => {
    const signer = signers[alg] as TestSigner;
    const request = { method: 'POST', url: 'https://api.example/orders?a=%20b', body: '{}' };
    const signed = signRequest(request, { keyId: signer.keyId, privateKey: pkcs8(signer), tag: 'acme' });
    const pem = pemOf(createPublicKey(signer.privateKey));
    const { method, url } = request;
    expect(await run('verify-signed', { method, url, headers: signed, pem, alg })).toEqual([
      true,
      signer.keyId,
    ]);
  });
});
