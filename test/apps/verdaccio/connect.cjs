'use strict';
// Hooks around Verdaccio's tests, one of which mounts it in the process of the tests. As for any app: connect first, then serve.
const { apiKeys } = require(`${process.cwd()}/lib/api-keys.cjs`);

/* global before, after */
before(() => apiKeys.ready());
after(() => apiKeys.close());
