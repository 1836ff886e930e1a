'use strict';
// Loaded in front of Verdaccio's tests: their requests carry the key that the environment names, if any.
const http = require('node:http');

const key = process.env.TEST_API_KEY;
// As in the Node that these tests were written for: they count the files that a server has open.
http.globalAgent = new http.Agent({ keepAlive: false });

const { request } = http;
if (key) {
  http.request = (options, ...rest) =>
    request({ ...options, headers: { ...options.headers, 'X-API-Key': key } }, ...rest);
}
