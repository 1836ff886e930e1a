// Compiled by `npm run typecheck` with the types of Express 5, and by `compiler.test.ts` with those of Express 4; nothing here runs.
import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Request, type RequestHandler } from 'express';
import { createApiKeys } from 'express-api-keys';

const apiKeys = createApiKeys({ prefix: 'acme', scopes: { 'orders:read': '', 'orders:write': '' } });
const guard = apiKeys.requireApiKey('orders:read');
const app = express();
const router = express.Router({ mergeParams: true });

interface Order {
  readonly id: string;
}
interface NewOrder {
  readonly name: string;
}
declare const typed: RequestHandler<{ id: string }, Order, NewOrder>;
declare const typedAll: RequestHandler<{ id: string }, Order, NewOrder, { page: string }, { user: string }>;

// The handlers behind a guard keep the params of their path.
app.get('/orders/:id', guard, (req, res) => {
  const id: string = req.params.id;
  // @ts-expect-error the path has no such param
  void req.params.customer;
  res.json({ id, page: req.query['page'] });
});
app.get('/orders/:id/items/:item', apiKeys.requireApiKey(), apiKeys.requireApiKey('orders:write'), (req) => {
  const both: [string, string] = [req.params.id, req.params.item];
  void both;
});
app.all('/orders/:id', guard, (req) => void req.params.id.length);
router
  .route('/orders/:id')
  .all(guard)
  .get(guard, (req, res) => void res.json(req.params.id.length))
  .post(guard, typed)
  .put([guard], typedAll);

// And the types that were given to them.
app.get('/orders/:id', guard, typed);
app.get('/orders/:id', guard, typedAll);
app.get('/orders/:id', [guard, apiKeys.requireApiKey.anyScope()], typed);
app.get('/orders/:id', [guard, typed]);
app.get('/orders/:id', [guard], guard, typedAll);
app.post('/orders/:id', guard, (req: Request<{ id: string }, Order, NewOrder>, res) => {
  const name: string = req.body.name;
  res.json({ id: req.params.id + name });
  // @ts-expect-error that is no order
  res.json({ name });
});
app.post<{ id: string }, Order, NewOrder, { page: string }>('/orders/:id', guard, (req, res) => {
  const page: string = req.query.page;
  res.json({ id: req.body.name + page });
});

// Lists of handlers.
const untyped: RequestHandler[] = [guard];
const ofOrders: RequestHandler<{ id: string }, Order, NewOrder>[] = [guard, typed];
const inferred = [guard, typed];
app.get('/orders/:id', ...untyped);
app.get('/orders/:id', ...ofOrders);
app.get('/orders/:id', ofOrders);
app.get('/orders/:id', inferred);

// Mounted, with and without a path.
app.use(guard);
app.use('/orders', guard);
app.use('/orders', guard, router);
app.use('/orders', [guard], router);
app.use(['/orders', '/invoices'], guard, router);
router.use(guard);

// What a guard hands requests on to.
apiKeys.requireApiKey('orders:read', { fallback: (req, res) => void res.json(req.path) });
const optional = (options?: Parameters<typeof apiKeys.requireApiKey.anyScope>[0]): RequestHandler =>
  apiKeys.requireApiKey('orders:read', options);
void optional;

// @ts-expect-error a plain request of Node is not one of Express
guard({} as IncomingMessage, {} as ServerResponse, () => undefined);
