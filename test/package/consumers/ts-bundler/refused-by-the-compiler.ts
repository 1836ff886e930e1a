import { createApiKeys } from 'express-api-keys';

const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
});

apiKeys.requireApiKey('orders:read');
// @ts-expect-error a scope that the catalogue does not have
apiKeys.requireApiKey('orders:raed');
const keys = apiKeys.keys.as({ kind: 'application' });
// @ts-expect-error a key is made with scopes of the catalogue
void keys.create({ ownerId: 'alice', name: 'first', scopes: ['orders:raed'] });
