import { Router } from 'express';

export function reportRoutes(): Router {
  const router = Router();
  router.get('/sales.csv', (_req, res) => {
    res.type('text/csv').send('month,total\n2026-01,850\n2026-02,910\n');
  });
  router.get('/stock', (_req, res) => {
    res.set('Cache-Control', 'public, max-age=60').json({ low: ['Black tea'] });
  });
  router.get('/logo', (_req, res) => void res.redirect(302, '/static/logo.svg'));
  router.get('/broken', () => {
    throw new Error('the report generator is out of paper');
  });
  return router;
}
