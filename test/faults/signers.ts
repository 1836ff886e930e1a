import { generateKeyPairSync } from 'node:crypto';
import { signRequest, type PrivateKeySigner } from '../../lib/index.js';
import type { OrdersProcess } from '../harness/start-orders.js';

export type SignedHeaders = Record<string, string>;

const body = '{"item":"book"}';

/** Registers a public key of owner `alice`. */
export async function register(at: OrdersProcess): Promise<PrivateKeySigner> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const made = await at.manage('POST', '/keys', { name: 'signer', scopes: ['orders:read'], publicKey: pem });
  expect(made.status).toBe(201);
  return { keyId: String(made.body['id']), privateKey, tag: 'acme' };
}

export const sign = (signer: PrivateKeySigner): SignedHeaders =>
  signRequest({ method: 'POST', url: 'http://orders.example/signed', body }, signer);

/** Sends a signed request to one process. */
export async function send(to: OrdersProcess, headers: SignedHeaders): Promise<number> {
  const answer = await fetch(`${to.url}/signed`, { method: 'POST', body, headers });
  await answer.text();
  return answer.status;
}

/** By how many processes a request is accepted that is sent to all of them. */
export const acceptedBy = async (
  processes: readonly OrdersProcess[],
  headers: SignedHeaders,
): Promise<number> =>
  (await Promise.all(processes.map((to) => send(to, headers)))).filter((status) => status === 200).length;
