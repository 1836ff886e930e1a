import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { keepRawBody, type ApiKeysOptions } from '../../lib/index.js';
import { bytesOf, exchange, type RawAnswer, type RawRequest } from '../security/raw-http.js';
import { createInstance, type Scope, type TestInstance } from './instance.js';
import { sent, signed, type Signed, type Signing, type TestSigner } from './signing.js';
import { theApp } from './the-app.js';

/** An app with guards that take signed requests. */
export interface SignedApp {
  readonly instance: TestInstance;
  readonly port: number;
  /** What was said to operators. */
  readonly logged: readonly string[];
  /** How many requests were accepted. */
  served(): number;
  /** Registers a public key of owner `alice`, and signs with its other half. */
  signer(keys?: KeyPair, fields?: object): Promise<TestSigner>;
  send(request: RawRequest): Promise<RawAnswer>;
  /** Signs a request by the clock of the instance. */
  sign(signer: TestSigner, signing?: Signing): Signed;
  /** Signs and sends. */
  use(signer: TestSigner, signing?: Signing): Promise<RawAnswer>;
  close(): Promise<void>;
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const newEd25519 = (): KeyPair => generateKeyPairSync('ed25519');
export const newRsa = (modulusLength = 2048): KeyPair => generateKeyPairSync('rsa', { modulusLength });
export const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }).toString();

/** The status of an answer, with the code of a refusal. */
export function outcome({ status, body }: RawAnswer): string {
  const code = /"code":"(\w+)"/.exec(body)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
}

/**
 * Starts it. `/signed` is guarded before anything is parsed, `/kept` behind a parser that keeps the bytes, `/lost` behind
 * one that does not, `/either` takes keys as well, `/stripped` lies behind a step that takes the headers of bodies away.
 */
export async function startSignedApp(options: Partial<ApiKeysOptions<Scope>> = {}): Promise<SignedApp> {
  const logged: string[] = [];
  const note = (...parts: unknown[]): void => void logged.push(JSON.stringify(parts));
  const instance = createInstance({
    signatures: {},
    logger: { warn: note, error: note },
    ...options,
  });
  const { apiKeys } = instance;
  await apiKeys.ready();
  let served = 0;
  const answer = (req: express.Request, res: express.Response): void => {
    served += 1;
    const { id, via } = req.apiKey ?? {};
    res.json({ id, via, body: (req.body as unknown) ?? null });
  };
  const app = express();
  const required = apiKeys.requireApiKey('orders:read', { signed: 'required' });
  app.all('/signed', required, express.json(), answer);
  app.all('/twice', apiKeys.requireApiKey.anyScope({ signed: 'required' }), required, express.json(), answer);
  app.all('/either', apiKeys.requireApiKey('orders:read', { signed: 'accepted' }), express.json(), answer);
  app.all('/write', apiKeys.requireApiKey('orders:write', { signed: 'required' }), answer);
  app.all('/dear', apiKeys.requireApiKey('orders:read', { signed: 'required', cost: 50 }), answer);
  app.all('/kept', express.json({ verify: keepRawBody }), required, answer);
  app.all('/lost', express.json(), required, answer);
  app.all(
    '/stripped',
    (req, _res, next) => {
      delete req.headers['content-length'];
      delete req.headers['transfer-encoding'];
      next();
    },
    required,
    answer,
  );
  app.use('/below', express.Router().all('/signed', required, express.json(), answer));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const send = (request: RawRequest): Promise<RawAnswer> => exchange(port, bytesOf(request));
  const sign = (signer: TestSigner, signing: Signing = {}): Signed =>
    signed(signer, { now: instance.clock.now(), ...signing });

  return {
    instance,
    logged,
    port,
    served: () => served,
    async signer({ publicKey, privateKey } = newEd25519(), fields = {}) {
      const { id } = await apiKeys.keys.as(theApp).create({
        ownerId: 'alice',
        name: 'signer',
        scopes: ['orders:read'],
        publicKey: pemOf(publicKey),
        ...fields,
      });
      return { keyId: id, privateKey };
    },
    send,
    sign,
    use: (signer, signing) => send(sent(sign(signer, signing))),
    async close() {
      server.close();
      server.closeAllConnections();
      await apiKeys.close();
    },
  };
}
