// @ts-check
'use strict';
const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { makeCertificates } = require('./certificates.cjs');
const { startRedis } = require('./redis.cjs');
const { freePort } = require('./server-process.cjs');

/**
 * Starts a redis-server that speaks TLS on one port, and plain text on another for the tests' own questions.
 * @param {object} [options]
 * @param {string} [options.names] what its certificate is for, by default 127.0.0.1 and localhost
 */
async function startRedisTls({ names } = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'express-api-keys-redis-tls-'));
  const certificates = makeCertificates(dataDir, names);
  const tlsPort = await freePort();
  const server = await startRedis({
    dataDir,
    args: [
      ...[
        '--tls-port',
        String(tlsPort),
        '--tls-auth-clients',
        'no',
        '--tls-ca-cert-file',
        certificates.caFile,
      ],
      ...['--tls-cert-file', certificates.certFile, '--tls-key-file', certificates.keyFile],
    ],
  });
  const aclUrl = server.aclUrl.replace('redis:', 'rediss:').replace(/:\d+$/, `:${tlsPort}`);
  return { ...server, certificates, tlsPort, aclUrl };
}

module.exports = { startRedisTls };
