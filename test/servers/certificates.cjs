// @ts-check
'use strict';
const { execFileSync } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { findServerProgram } = require('./install-servers.cjs');

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** @param {string} folder @param {readonly string[]} args */
function openssl(folder, args) {
  execFileSync(findServerProgram('openssl'), args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** @param {string} folder @param {string} name */
function makeAuthority(folder, name) {
  openssl(folder, [
    ...['req', '-x509', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.crt`],
    ...['-days', '2', '-subj', `/CN=Test authority ${name}`],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'],
  ]);
}

/**
 * Makes an authority, a certificate of it for a server, and an authority that has nothing to do with them.
 * @param {string} folder existing; the files are put there
 * @param {string} [names] what the certificate is for
 * @returns {{ caFile: string, ca: string, otherCa: string, otherCaFile: string, certFile: string, keyFile: string }}
 */
function makeCertificates(folder, names = 'IP:127.0.0.1,DNS:localhost') {
  makeAuthority(folder, 'ca');
  makeAuthority(folder, 'other-ca');
  openssl(folder, [
    'req',
    '-new',
    ...NEW_KEY,
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=redis',
  ]);
  writeFileSync(join(folder, 'server.ext'), `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
  openssl(folder, [
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-days', '2', '-extfile', 'server.ext', '-out', 'server.crt'],
  ]);
  /** @param {string} name */
  const at = (name) => join(folder, name);
  return {
    caFile: at('ca.crt'),
    ca: readFileSync(at('ca.crt'), 'utf8'),
    otherCaFile: at('other-ca.crt'),
    otherCa: readFileSync(at('other-ca.crt'), 'utf8'),
    certFile: at('server.crt'),
    keyFile: at('server.key'),
  };
}

module.exports = { makeCertificates };
