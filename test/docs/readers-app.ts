// What blocks of the documents import as './app.js': the app of a reader of the start pages.
import express, { type Express, type RequestHandler } from 'express';
import { createApiKeys, type ApiKeys } from 'express-api-keys';
import 'express-api-keys/express';
import { memoryStore } from 'express-api-keys/testing';

const scopes = {
  'orders:read': 'Read orders',
  'orders:write': 'Place orders',
  'keys:manage': 'Manage keys',
} as const;

export const app: Express = express();

export const apiKeys: ApiKeys<keyof typeof scopes> = createApiKeys({
  prefix: 'acme',
  scopes,
  pepper: 'a pepper of at least thirty-two bytes',
  store: memoryStore(),
});

/** A handler of the app. */
export const listOrders: RequestHandler = (_req, res) => {
  res.json({ orders: [] });
};
