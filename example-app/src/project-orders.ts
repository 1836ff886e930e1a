import { Router, type Request, type RequestHandler } from 'express';
import { apiKeyOf, type RequireApiKey } from 'express-api-keys';
import { isProject, readOrderRequest, type Orders } from './orders.js';
import { allowOnly, sendProblem } from './problem.js';
import { readJson } from './read-json.js';

/** Guards that know what a key can be bound to. */
export type RequireProjectKey = RequireApiKey<'orders:read' | 'orders:write', never, 'project'>;

/** Routes below `/projects/:project/orders`. A key that is bound to other projects gets no answer from any of them. */
export function createProjectOrders(orders: Orders, requireApiKey: RequireProjectKey): Router {
  const router = Router({ mergeParams: true });
  const on = (req: Request) => ({ project: req.params['project'] });

  router.get('/', requireApiKey('orders:read', { on }), (req, res) => {
    const project = readProject(req);
    res.json({ items: orders.list(apiKeyOf(req).ownerId).filter((order) => order.project === project) });
  });

  router.post('/', requireApiKey('orders:write', { on, signed: 'accepted' }), readJson, (req, res, next) =>
    createOrderPlacer(orders, readProject(req))(req, res, next),
  );

  router.get('/:id', requireApiKey('orders:read', { on }), (req, res) => {
    const { id } = req.params;
    const order = orders
      .list(apiKeyOf(req).ownerId)
      .find((each) => each.project === readProject(req) && String(each.id) === id);
    if (order === undefined) {
      sendProblem(res, { status: 404, code: 'not_found', detail: 'There is no such order.' });
    } else {
      res.json(order);
    }
  });

  router.all('/', allowOnly('GET', 'HEAD', 'POST'));
  router.all('/:id', allowOnly('GET', 'HEAD'));
  return router;
}

/** Takes an order for a project from the body of a request. */
export function createOrderPlacer(orders: Orders, project: string): RequestHandler {
  return (req, res) => {
    const request = readOrderRequest(req.body);
    if (!isProject(project)) {
      sendProblem(res, { status: 404, code: 'not_found', detail: 'There is no such project.' });
    } else if ('item' in request) {
      res.status(201).json(orders.place(apiKeyOf(req).ownerId, project, request));
    } else {
      sendProblem(res, {
        status: 400,
        code: 'invalid_request',
        detail: 'Correct the fields.',
        errors: request,
      });
    }
  };
}

function readProject(req: Request): string {
  return String(req.params['project']);
}
