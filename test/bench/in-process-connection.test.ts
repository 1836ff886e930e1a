import express from 'express';
import { InProcessConnection, type App } from './in-process-connection.cjs';

it('a request without a socket reaches its route with its headers, and the next one uses the same connection', async () => {
  const seen: unknown[] = [];
  const app = express();
  app.get('/orders', (req, res) => {
    seen.push(req.headers['x-api-key'], req.rawHeaders.length);
    res.status(seen.length > 2 ? 403 : 200).json({});
  });
  const connection = new InProcessConnection();
  const send = () =>
    new Promise<number>((resolve) => {
      connection.get(app as unknown as App, ['Host', 'x', 'X-Api-Key', 'k'], resolve);
    });
  expect([await send(), await send()]).toEqual([200, 403]);
  expect(seen).toEqual(['k', 4, 'k', 4]);
});
