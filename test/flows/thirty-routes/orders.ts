import { Router } from 'express';
import { Collection } from './collection.js';

export function orderRoutes(): Router {
  const orders = new Collection([{ product: 1, quantity: 2, state: 'open', notes: [] as string[] }]);
  const router = Router();
  router.get('/', (_req, res) => void res.json({ orders: orders.all() }));
  router.get('/:id', (req, res) => void res.json(orders.get(req.params.id)));
  router.get('/:id/notes', (req, res) => void res.json(orders.get(req.params.id).notes));
  router.post('/', (req, res) => {
    const order = orders.add({ ...req.body, state: 'open', notes: [] });
    res.status(201).location(`/api/orders/${order.id}`).json(order);
  });
  router.post('/:id/notes', (req, res) => {
    const { notes } = orders.get(req.params.id);
    res.status(201).json(orders.change(req.params.id, { notes: [...notes, String(req.body.text)] }));
  });
  router.post('/:id/cancel', (req, res) => {
    res.json(orders.change(req.params.id, { state: 'cancelled' }));
  });
  return router;
}
