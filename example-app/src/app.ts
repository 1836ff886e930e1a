import express, { type Express, type Request } from 'express';
import { createApiKeys } from 'express-api-keys';
import { createTotpVerifier } from 'express-api-keys/totp';
import helmet from 'helmet';
import { createBlockTrades } from './block-trades.js';
import type { Settings } from './config.js';
import { createDialects } from './dialects.js';
import { createMetrics } from './metrics.js';
import { createOrders, mainProject, type Order } from './orders.js';
import { reportOrders } from './order-report.js';
import { createPages } from './pages.js';
import { plans, scopes } from './plans.js';
import { allowOnly, answerError, answerNotFound } from './problem.js';
import { createOrderPlacer, createProjectOrders } from './project-orders.js';
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

  const metrics = settings.metricsToken === undefined ? null : createMetrics(settings.metricsToken);

  // Everything that protects this service starts here …
  const apiKeys = createApiKeys({
    prefix: 'demo',
    scopes,
    resources: { project: 'A project, to which orders belong' },
    plans,
    defaultPlan: 'free',
    pepper: settings.pepper,
    database: settings.database,
    redis: settings.redisUrl,
    tokens: { issuer: settings.publicUrl },
    signatures: { origin: new URL(settings.publicUrl).origin },
    ...(metrics === null ? {} : { metrics: { prometheus: metrics.registry } }),
  });
  // … and ends here, apart from the routes that manage keys and the guard in front of each handler below.

  app.disable('x-powered-by');
  app.use(helmet());
  app.use(
    '/api-keys',
    apiKeys.adminRouter({
      authorize: signIn.readActor,
      page: true,
      ...(settings.demoStepUp ? { stepUp: { operations: ['rotate'], verify: secondFactor } } : {}),
    }),
  );
  app.use('/signin', signIn.router);
  app.use(createPages(signIn, settings.publicUrl.startsWith('https:')));
  app.use('/oauth', apiKeys.tokenRouter());
  app.use('/.well-known', apiKeys.wellKnownRouter());
  // The endpoints that clients of DeltaDeFi, Deribit, Yativo and Nebula Block call.
  app.use(createDialects(apiKeys, { signIn, findUserByWallet: createWallets(settings.demoPassword) }));
  app.use('/block-trades', createBlockTrades(apiKeys.requireApiKey));

  /** Orders of all projects; a key that is bound to some of them sees those. */
  function listOrders(req: Request): readonly Order[] {
    const { ownerId, only } = apiKeys.apiKeyOf(req);
    const projects = only('project');
    const items = orders.list(ownerId);
    return projects === 'all' ? items : items.filter(({ project }) => projects.includes(project));
  }

  app.get('/orders', apiKeys.requireApiKey('orders:read', { on: 'handler' }), (req, res) => {
    res.json({ items: listOrders(req) });
  });

  app.post(
    '/orders',
    apiKeys.requireApiKey('orders:write', { signed: 'accepted', on: () => ({ project: mainProject }) }),
    readJson,
    createOrderPlacer(orders, mainProject),
  );

  app.all('/orders', allowOnly('GET', 'HEAD', 'POST'));

  // For owners whose plan includes it.
  app.get('/report', apiKeys.requireApiKey('reports:read', { on: 'handler' }), (req, res) => {
    res.json({ items: reportOrders(listOrders(req)) });
  });
  app.all('/report', allowOnly('GET', 'HEAD'));

  app.use('/projects/:project/orders', createProjectOrders(orders, apiKeys.requireApiKey));

  app.get('/health', (_req, res) => {
    res.json({ status: 'up' });
  });

  app.get('/ready', (_req, res) => {
    // Without Redis everything works, only slower; without the database, soon no caller can be authenticated.
    const status = apiKeys.status();
    res.status(status.database === 'up' ? 200 : 503).json(status);
  });

  app.all(['/health', '/ready'], allowOnly('GET', 'HEAD'));

  if (metrics !== null) app.get('/metrics', metrics.show).all('/metrics', allowOnly('GET', 'HEAD'));

  app.use(answerNotFound);
  app.use(answerError);

  return { app, ready: () => apiKeys.ready(), close: () => apiKeys.close() };
}
