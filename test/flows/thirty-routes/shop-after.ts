import express, { type ErrorRequestHandler, type Express } from 'express';
import { createApiKeys } from 'express-api-keys';
import { cartRoutes } from './carts.js';
import { customerRoutes } from './customers.js';
import { orderRoutes } from './orders.js';
import { productRoutes } from './products.js';
import { reportRoutes } from './reports.js';
import { reviewRoutes } from './reviews.js';
import { createSessions } from './users.js';

/** A shop's API: thirty routes in six routers, a JSON parser, a sign-in and an error handler of its own. */
export function createShop({ database }: { database: string }): Express {
  const app = express();

  app.use(express.json());
  app.use(createSessions());
  const scopes = { 'api:read': 'Read the shop', 'api:edit': 'Change the shop' };
  const { adminRouter, requireApiKey } = createApiKeys({ prefix: 'shop', scopes, database });
  app.use('/keys', adminRouter({ authorize: ({ user }) => user && { kind: 'owner', ownerId: user.id } }));
  app.use('/api', requireApiKey({ GET: 'api:read', POST: 'api:edit', PUT: 'api:edit', DELETE: 'api:edit' }));
  app.use('/api/products', productRoutes());
  app.use('/api/orders', orderRoutes());
  app.use('/api/customers', customerRoutes());
  app.use('/api/carts', cartRoutes());
  app.use('/api/reviews', reviewRoutes());
  app.use('/api/reports', reportRoutes());
  app.get('/', (_req, res) => void res.send(`A shop on ${new URL(database).protocol}`));
  app.use(answerErrors);
  return app;
}

const answerErrors: ErrorRequestHandler = (error: { status?: number }, _req, res, _next) => {
  const status = error.status ?? 500;
  res.status(status).json({ error: status === 404 ? 'no such thing' : 'it broke' });
};
