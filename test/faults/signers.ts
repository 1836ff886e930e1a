import { generateKeyPairSync } from 'node:crypto';
import { signRequest, type PrivateKeySigner } from '../../lib/index.js';
import type { OrdersProcess } from '../harness/start-orders.js';
import { insist } from './insist.js';

export type SignedHeaders = Record<string, string>;

const tries = 10;
const body = '{"item":"book"}';

/** Registers a public key of owner `alice`. */
export async function register(at: OrdersProcess): Promise<PrivateKeySigner> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const fields = { name: 'signer', scopes: ['orders:read'], publicKey: pem };
  const made = await insist(() => at.manage('POST', '/keys', fields));
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

/**
 * Sends a new signature to all, and expects that one of them takes it. Where a store did not answer in time, all of them say 503, and
 * that signature counts as used: then another one is sent.
 *
 * @returns the one that was taken
 */
export async function expectTaken(
  processes: readonly OrdersProcess[],
  signer: PrivateKeySigner,
): Promise<SignedHeaders> {
  for (let count = 1; ; count += 1) {
    const headers = sign(signer);
    const statuses = await Promise.all(processes.map((to) => send(to, headers)));
    const accepted = statuses.filter((status) => status === 200);
    if (count === tries || accepted.length > 0 || statuses.some((status) => status !== 503)) {
      expect(accepted).toHaveLength(1);
      return headers;
    }
  }
}

/** By how many processes a request is accepted that is sent to all of them. */
export const acceptedBy = async (
  processes: readonly OrdersProcess[],
  headers: SignedHeaders,
): Promise<number> =>
  (await Promise.all(processes.map((to) => send(to, headers)))).filter((status) => status === 200).length;
