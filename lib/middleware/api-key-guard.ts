import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';

/** What a guard uses of a request of Express. */
export type GuardedRequest = IncomingMessage & Pick<Request, 'app' | 'originalUrl'>;
/** What a guard uses of a response of Express. */
export type GuardedResponse = ServerResponse & Pick<Response, 'vary'>;

/**
 * Express middleware that allows only requests with a valid API key. Its type says nothing about params, body, query and
 * locals, so the handlers behind it keep theirs.
 *
 * @example
 * app.get('/orders/:id', apiKeys.requireApiKey('orders:read'), (req, res) => {
 *   const id: string = req.params.id;
 *   res.json(findOrder(id));
 * });
 */
export interface ApiKeyGuard {
  (req: GuardedRequest, res: GuardedResponse, next: (error?: unknown) => void): void;
}
