import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { checkAnswers } from '../admin/answer-checker.js';
import { documentOf } from '../admin/api-document.js';
import { expectNoMismatch } from '../admin/expect-no-mismatch.js';
import type { ApiKeys } from '../../lib/api-keys.js';
import { createApiKeys } from '../../lib/create-api-keys.js';
import type { Actor } from '../../lib/domain/actor.js';
import { keepRawBody } from '../../lib/http/keep-raw-body.js';
import type { TestSigner } from '../harness/signing.js';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { theApp } from '../harness/the-app.js';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

type Scope = 'orders:read' | 'orders:write';

/** The ways in which the app is served. */
export type Setup = 'direct' | 'behind one proxy' | 'trusting everybody' | 'with room for long URLs';

/** A real app on real ports, and everything by which it can be seen whether something got in. */
export interface BadInputServer {
  readonly apiKeys: ApiKeys<Scope>;
  readonly ports: Readonly<Record<Setup, number>>;
  /** A key that is accepted. */
  readonly token: string;
  /** A key that is accepted from 10.1.2.3 only. */
  readonly boundToken: string;
  /** A key of the other environment. */
  readonly testToken: string;
  /** Two keys that sign, of different owners. */
  readonly signers: { readonly alice: TestSigner; readonly bob: TestSigner };
  /** The header line with which the app knows alice, an owner, or root, an admin. */
  readonly asAlice: string;
  readonly asRoot: string;
  readonly logged: readonly string[];
  /** How many requests the guarded handler has served. */
  served(): number;
  /** How many changes the store has committed. */
  changes(): number;
  /** How many times the store was read. */
  storeReads(): number;
  close(): Promise<void>;
}

export async function startBadInputServer(): Promise<BadInputServer> {
  const counts = { served: 0, changes: 0, storeReads: 0 };
  const logged: string[] = [];
  const log = (...parts: unknown[]): void =>
    void logged.push(parts.map((part) => JSON.stringify(part)).join(' '));
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
    pepper: 'a pepper for tests with at least 32 bytes',
    store: counting(memoryStore(), counts),
    bcryptCost: 8,
    signatures: {},
    tokens: { issuer: 'http://api.example' },
    logger: { warn: log, error: log },
  });
  await apiKeys.ready();

  const adminRouter = apiKeys.adminRouter({
    authorize: (req) => JSON.parse(req.get('x-actor') ?? 'null') as Actor | null,
    allowedOrigins: ['https://good.example'],
  });
  const checked = checkAnswers(await documentOf(adminRouter), expectNoMismatch);

  const serve = (setUp: (app: Express) => void): Express => {
    const app = express();
    setUp(app);
    const guard = apiKeys.requireApiKey('orders:read');
    app.all('/orders', guard, (_req, res) => {
      counts.served += 1;
      res.json([]);
    });
    const signed = apiKeys.requireApiKey('orders:read', { signed: 'required' });
    app.all('/signed', signed, express.json(), (_req, res) => {
      counts.served += 1;
      res.json([]);
    });
    app.all('/kept', express.json({ verify: keepRawBody }), signed, (_req, res) => {
      counts.served += 1;
      res.json([]);
    });
    app.use('/signed-files', signed, (_req, res) => {
      counts.served += 1;
      res.json([]);
    });
    app.use('/files', guard, (_req, res) => {
      counts.served += 1;
      res.json([]);
    });
    app.use('/api-keys', checked, adminRouter);
    app.use('/oauth', apiKeys.tokenRouter());
    return app;
  };

  const plain = serve(() => undefined);
  const servers: Record<Setup, Server> = {
    direct: createServer(plain),
    'behind one proxy': createServer(serve((app) => void app.set('trust proxy', 1))),
    'trusting everybody': createServer(serve((app) => void app.set('trust proxy', true))),
    'with room for long URLs': createServer({ maxHeaderSize: 256 * 1024 }, plain),
  };
  const ports = Object.fromEntries(
    await Promise.all(
      Object.entries(servers).map(async ([name, server]) => {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        return [name, (server.address() as AddressInfo).port] as const;
      }),
    ),
  ) as Record<Setup, number>;

  const make = async (fields: object): Promise<string> => {
    const made = await apiKeys.keys.as(theApp).create({
      ownerId: 'alice',
      name: 'a key',
      scopes: ['orders:read'],
      ...fields,
    });
    return made.key;
  };

  const makeSigner = async (ownerId: string, pair: KeyPair): Promise<TestSigner> => {
    const publicKey = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const fields = { ownerId, name: 'a signer', scopes: ['orders:read'] as const, publicKey };
    return { keyId: (await apiKeys.keys.as(theApp).create(fields)).id, privateKey: pair.privateKey };
  };
  const alice = await makeSigner('alice', generateKeyPairSync('ed25519'));
  const bob = await makeSigner('bob', generateKeyPairSync('rsa', { modulusLength: 2048 }));

  return {
    apiKeys,
    ports,
    signers: { alice, bob },
    token: await make({}),
    boundToken: await make({ ipAllowlist: ['10.1.2.3'] }),
    testToken: await make({ environment: 'test' }),
    asAlice: `X-Actor: ${JSON.stringify({ kind: 'owner', ownerId: 'alice' })}`,
    asRoot: `X-Actor: ${JSON.stringify({ kind: 'admin', id: 'root' })}`,
    logged,
    served: () => counts.served,
    changes: () => counts.changes,
    storeReads: () => counts.storeReads,
    async close() {
      for (const server of Object.values(servers)) {
        server.close();
        server.closeAllConnections();
      }
      await apiKeys.close();
    },
  };
}

/** The store itself, with a count of what was asked of it. */
function counting(store: KeyStore, counts: { changes: number; storeReads: number }): KeyStore {
  return {
    ...store,
    find(id, ownerId) {
      counts.storeReads += 1;
      return store.find(id, ownerId);
    },
    async transact(work) {
      const result = await store.transact(work);
      counts.changes += 1;
      return result;
    },
  };
}
