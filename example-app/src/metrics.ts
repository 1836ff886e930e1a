import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { sendProblem } from './problem.js';

/** What this process measures, and the handler that shows it. */
export interface Metrics {
  readonly registry: Registry;
  readonly show: RequestHandler;
}

/**
 * Shows metrics to a Prometheus that sends the token: how many keys are tried and how slow the database is, is nothing for the
 * public.
 */
export function createMetrics(token: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const expected = digest(`Bearer ${token}`);
  return {
    registry,
    async show(req, res) {
      res.set('Cache-Control', 'no-store');
      if (!timingSafeEqual(digest(req.headers.authorization ?? ''), expected)) {
        res.set('WWW-Authenticate', 'Bearer realm="example-app metrics"');
        sendProblem(res, {
          status: 401,
          code: 'wrong_token',
          detail: 'Send METRICS_TOKEN as a bearer token.',
        });
        return;
      }
      res.type(registry.contentType).send(await registry.metrics());
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
