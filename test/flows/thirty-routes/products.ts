import { Router } from 'express';
import { Collection } from './collection.js';

export function productRoutes(): Router {
  const products = new Collection([
    { name: 'Green tea', price: 450, stock: 12 },
    { name: 'Black tea', price: 400, stock: 3 },
  ]);
  const router = Router();
  router.get('/', (_req, res) => void res.json(products.all()));
  router.get('/search', (req, res) => {
    const wanted = (typeof req.query['q'] === 'string' ? req.query['q'] : '').toLowerCase();
    res.json(products.all().filter(({ name }) => name.toLowerCase().includes(wanted)));
  });
  router.get('/:id', (req, res) => void res.json(products.get(req.params.id)));
  router.post('/', (req, res) => void res.status(201).json(products.add(req.body)));
  router.put('/:id', (req, res) => void res.json(products.change(req.params.id, req.body)));
  router.delete('/:id', (req, res) => {
    products.remove(req.params.id);
    res.status(204).end();
  });
  return router;
}
