// @ts-check
import { once } from 'node:events';
import express from 'express';

/**
 * Exchanges keys for access tokens, as a client would; those that have the length of the first one.
 *
 * @param {{ tokenRouter(): import("express").Router }} apiKeys
 * @param {readonly string[]} keys
 * @returns {Promise<string[]>}
 */
export async function accessTokensFor(apiKeys, keys) {
  const server = express().use(apiKeys.tokenRouter()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  /** @type {string[]} */
  const tokens = [];
  for (const key of keys) {
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_secret: key });
    const answer = await fetch(`http://127.0.0.1:${address.port}/token`, { method: 'POST', body: form });
    const { access_token: token } = /** @type {{ access_token: string }} */ (await answer.json());
    tokens.push(token);
  }
  server.closeAllConnections();
  server.close();
  return tokens.filter(({ length }) => length === tokens[0]?.length);
}
