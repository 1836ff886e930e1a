// What stands unseen before each fragment of code in the documents, so that fragments can be compiled and run.
import express, { type Express, type RequestHandler } from 'express';
import { createApiKeys, type ApiKeys } from 'express-api-keys';
import 'express-api-keys/express';
import { memoryStore } from 'express-api-keys/testing';

export const oldPepper = 'an old pepper of at least thirty-two bytes';
export const newPepper = 'a new pepper of at least thirty-two bytes';

export const scopes = {
  'orders:read': 'Read orders',
  'orders:write': 'Place orders',
  'keys:manage': 'Manage keys',
} as const;

export const app: Express = express();

export const apiKeys: ApiKeys<keyof typeof scopes> = createApiKeys({
  prefix: 'acme',
  scopes,
  pepper: oldPepper,
  store: memoryStore(),
});

/** A handler of the app. */
export const listOrders: RequestHandler = (_req, res) => {
  res.json({ orders: [] });
};

/** The app's own authentication. */
export const requireSession: RequestHandler = (_req, res) => {
  res.status(401).end();
};
