// Signs with https://www.npmjs.com/package/http-message-signatures and sends. Arguments: JSON of { url, keyId, pem, alg, tag }.
import { constants, createHash, randomBytes, sign } from 'node:crypto';
import { createSigner, httpbis } from 'http-message-signatures';

const { url, keyId, pem, alg, tag } = JSON.parse(process.argv[2]);
// Its own RSA signer takes the longest salt, where RFC 9421 section 3.3.1 has 64 bytes; it lets its users bring another.
const pss = { key: pem, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
const key =
  alg === 'ed25519'
    ? createSigner(pem, alg, keyId)
    : { id: keyId, alg, sign: async (data) => sign('sha512', data, pss) };

async function send(method, body) {
  const digest = body === undefined ? {} : { 'Content-Digest': `sha-512=:${sha512(body)}:` };
  const headers = { 'Content-Type': 'application/json', ...digest };
  const fields = [
    '@method',
    '@authority',
    '@path',
    '@query',
    ...Object.keys(headers).map((name) => name.toLowerCase()),
  ];
  const params = ['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'];
  const paramValues = { nonce: randomBytes(16).toString('base64'), tag };
  const request = { method, url, headers };
  const signed = await httpbis.signMessage({ key, fields, params, paramValues }, request);
  const answer = await fetch(url, {
    method,
    headers: signed.headers,
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, body: await answer.json() };
}

const sha512 = (text) => createHash('sha512').update(text).digest('base64');

console.log(JSON.stringify([await send('GET'), await send('POST', '{"item":"Bücher"}')]));
