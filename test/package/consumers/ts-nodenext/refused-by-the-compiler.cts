import apiKeysModule = require('express-api-keys');

const apiKeys = apiKeysModule.createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
});

apiKeys.requireApiKey('orders:read');
// @ts-expect-error a scope that the catalogue does not have
apiKeys.requireApiKey('orders:raed');
// @ts-expect-error a misspelt option
apiKeysModule.createApiKeys({ prefix: 'acme', scope: {} });
