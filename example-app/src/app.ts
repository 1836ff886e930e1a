import express, { type Express } from 'express';
import { apiKeyOf, createApiKeys } from 'express-api-keys';
import { createTotpVerifier } from 'express-api-keys/totp';
import helmet from 'helmet';
import { createBlockTrades } from './block-trades.js';
import type { Settings } from './config.js';
import { createDialects } from './dialects.js';
import { createOrders, readOrderRequest } from './orders.js';
import { allowOnly, answerError, answerNotFound, sendProblem } from './problem.js';
import { readJson } from './read-json.js';
import { createSecondFactors } from './second-factor.js';
import { createSignIn } from './sign-in.js';
import { createDemoUsers } from './users.js';
import { createWallets } from './wallets.js';

/** The service before it listens, and how to close it. */
export interface OrdersService {
  readonly app: Express;
  /** Resolves when keys can be verified; rejects when the key database cannot be reached. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Builds the service from its settings. */
export function createApp(settings: Settings): OrdersService {
  const app = express();
  const orders = createOrders();
  const secondFactor = createTotpVerifier(createSecondFactors(settings.pepper));
  const signIn = createSignIn(createDemoUsers(settings.demoPassword), settings.pepper);

  // Everything that protects this service starts here …
  const apiKeys = createApiKeys({
    prefix: 'demo',
    scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
    pepper: settings.pepper,
    database: settings.database,
    redis: settings.redisUrl,
    tokens: { issuer: settings.publicUrl },
    signatures: { origin: new URL(settings.publicUrl).origin },
  });
  // … and ends here, apart from the routes that manage keys and the guard in front of each handler below.

  app.disable('x-powered-by');
  app.use(helmet());
  app.use(
    '/api-keys',
    apiKeys.adminRouter({
      authorize: signIn.readActor,
      ...(settings.demoStepUp ? { stepUp: { operations: ['rotate'], verify: secondFactor } } : {}),
    }),
  );
  app.use('/signin', signIn.router);
  app.use('/oauth', apiKeys.tokenRouter());
  app.use('/.well-known', apiKeys.wellKnownRouter());
  // The endpoints that clients of DeltaDeFi, Deribit, Yativo and Nebula Block call.
  app.use(createDialects(apiKeys, { signIn, findUserByWallet: createWallets(settings.demoPassword) }));
  app.use('/block-trades', createBlockTrades(apiKeys.requireApiKey));

  app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => {
    res.json({ items: orders.list(apiKeyOf(req).ownerId) });
  });

  app.post('/orders', apiKeys.requireApiKey('orders:write', { signed: 'accepted' }), readJson, (req, res) => {
    const request = readOrderRequest(req.body);
    if ('item' in request) {
      res.status(201).json(orders.place(apiKeyOf(req).ownerId, request));
    } else {
      sendProblem(res, {
        status: 400,
        code: 'invalid_request',
        detail: 'Correct the fields.',
        errors: request,
      });
    }
  });

  app.all('/orders', allowOnly('GET', 'HEAD', 'POST'));

  app.get('/health', (_req, res) => {
    res.json({ status: 'up' });
  });

  app.get('/ready', (_req, res) => {
    // Without Redis everything works, only slower; without the database, soon no caller can be authenticated.
    const status = apiKeys.status();
    res.status(status.database === 'up' ? 200 : 503).json(status);
  });

  app.all(['/health', '/ready'], allowOnly('GET', 'HEAD'));

  app.use(answerNotFound);
  app.use(answerError);

  return { app, ready: () => apiKeys.ready(), close: () => apiKeys.close() };
}
