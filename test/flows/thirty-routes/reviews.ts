import { Router } from 'express';
import { Collection } from './collection.js';

export function reviewRoutes(): Router {
  const reviews = new Collection([{ product: 1, stars: 5, text: 'Good.' }]);
  const router = Router();
  router.get('/', (_req, res) => void res.json(reviews.all()));
  router.get('/average', (_req, res) => {
    const stars = reviews.all().map((review) => review.stars);
    res.json({ average: stars.reduce((sum, value) => sum + value, 0) / stars.length });
  });
  router.post('/', (req, res) => void res.status(201).json(reviews.add(req.body)));
  router.delete('/:id', (req, res) => {
    reviews.remove(req.params.id);
    res.status(204).end();
  });
  return router;
}
