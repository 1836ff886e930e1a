import { Router } from 'express';
import { Collection } from './collection.js';

export function cartRoutes(): Router {
  const carts = new Collection([{ lines: [{ product: 1, quantity: 1 }] }]);
  const router = Router();
  router.post('/', (_req, res) => void res.status(201).json(carts.add({ lines: [] })));
  router.get('/:id', (req, res) => void res.json(carts.get(req.params.id)));
  router.put('/:id/lines', (req, res) => void res.json(carts.change(req.params.id, { lines: req.body })));
  router.post('/:id/checkout', (req, res) => {
    const { id, lines } = carts.get(req.params.id);
    carts.change(id, { lines: [] });
    res.status(202).type('text/plain').send(`${lines.length} lines are being ordered`);
  });
  router.delete('/:id', (req, res) => {
    carts.remove(req.params.id);
    res.status(204).end();
  });
  return router;
}
