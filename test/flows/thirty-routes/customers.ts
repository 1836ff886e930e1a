import { Router } from 'express';
import { Collection } from './collection.js';

export function customerRoutes(): Router {
  const customers = new Collection([{ name: 'Ada', city: 'London' }]);
  const router = Router();
  router.get('/', (req, res) => {
    const { city } = req.query;
    res.json(customers.all().filter((customer) => city === undefined || customer.city === city));
  });
  router.get('/:id', (req, res) => void res.json(customers.get(req.params.id)));
  router.post('/', (req, res) => void res.status(201).json(customers.add(req.body)));
  router.put('/:id', (req, res) => void res.json(customers.change(req.params.id, req.body)));
  router.delete('/:id', (req, res) => {
    customers.remove(req.params.id);
    res.status(204).end();
  });
  return router;
}
