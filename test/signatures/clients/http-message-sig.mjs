// Signs with https://www.npmjs.com/package/http-message-sig and sends. Arguments: JSON of { url, keyId, pem, alg, tag }.
import { createHash, createPrivateKey, randomBytes, sign, constants } from 'node:crypto';
import { createSignature } from 'http-message-sig';

const { url, keyId, pem, alg, tag } = JSON.parse(process.argv[2]);
const key = createPrivateKey(pem);
const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
const signer = {
  algorithm: alg,
  sign: async (data) => (alg === 'ed25519' ? sign(null, data, key) : sign('sha512', data, pss)),
};

async function send(method, body) {
  const digest = createHash('sha256')
    .update(body ?? '')
    .digest('base64');
  const headers = new Headers(body === undefined ? {} : { 'Content-Digest': `sha-256=:${digest}:` });
  headers.set('Content-Type', 'application/json');
  const request = new Request(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const nonce = randomBytes(32).toString('base64url');
  const created = Math.floor(Date.now() / 1000);
  const { signature, signatureInput } = await createSignature(request, {
    components: ['@method', '@target-uri', ...(body === undefined ? [] : ['content-digest'])],
    parameters: { created, expires: created + 30, nonce, keyid: keyId, tag },
    signer,
  });
  headers.set('Signature', signature);
  headers.set('Signature-Input', signatureInput);
  const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, body: await answer.json() };
}

console.log(JSON.stringify([await send('GET'), await send('POST', '{"item":"Bücher"}')]));
