// A whole exchange with openid-client as its documentation has it: it looks for the metadata of OpenID Connect first.
import { createPrivateKey } from 'node:crypto';
import * as client from 'openid-client';

const { issuer, id, secret, pem } = JSON.parse(process.env.CLIENT_CONFIG);

async function authenticate() {
  if (pem === undefined) return client.ClientSecretPost(secret);
  const jwk = createPrivateKey(pem).export({ format: 'jwk' });
  return client.PrivateKeyJwt(
    await crypto.subtle.importKey('jwk', { ...jwk, alg: undefined }, { name: 'Ed25519' }, false, ['sign']),
  );
}

const config = await client.discovery(new URL(issuer), id, undefined, await authenticate(), {
  // The app listens on the loopback address of a test, without TLS.
  // eslint-disable-next-line typescript/no-deprecated
  execute: [client.allowInsecureRequests],
});
const given = await client.clientCredentialsGrant(config, { scope: 'orders:read' });
const use = () =>
  fetch(`${issuer}/orders`, { headers: { Authorization: `Bearer ${given.access_token}` } }).then(
    ({ status }) => status,
  );
const usedBefore = await use();
const before = await client.tokenIntrospection(config, given.access_token);
const ofKey = await client.tokenIntrospection(config, secret);
await client.tokenRevocation(config, given.access_token);
const after = await client.tokenIntrospection(config, given.access_token);
const usedAfter = await use();
console.log(JSON.stringify({ scope: given.scope, usedBefore, before, ofKey, after, usedAfter }));
