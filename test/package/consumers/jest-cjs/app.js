const express = require('express');
const { createApiKeys } = require('express-api-keys');

function createApp(database) {
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
    database,
  });
  const app = express();
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) =>
    res.json({ ownerId: req.apiKey.ownerId }),
  );
  app.post('/orders', apiKeys.requireApiKey('orders:write'), (req, res) =>
    res.json({ ownerId: req.apiKey.ownerId }),
  );
  return { app, apiKeys };
}

module.exports = { createApp };
