// A whole exchange with oauth4webapi, which finds every endpoint by the metadata.
import { createPrivateKey } from 'node:crypto';
import * as oauth from 'oauth4webapi';

const { issuer, id, secret, method, pem, algorithm } = JSON.parse(process.env.CLIENT_CONFIG);
// The app listens on the loopback address of a test, without TLS.
// eslint-disable-next-line typescript/no-deprecated
const insecure = { [oauth.allowInsecureRequests]: true };

async function privateKey() {
  const jwk = createPrivateKey(pem).export({ format: 'jwk' });
  const how = algorithm === 'Ed25519' ? { name: 'Ed25519' } : { name: 'RSA-PSS', hash: 'SHA-256' };
  return crypto.subtle.importKey('jwk', { ...jwk, alg: undefined }, how, false, ['sign']);
}

const url = new URL(issuer);
const server = await oauth.processDiscoveryResponse(
  url,
  await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }),
);
const client = { client_id: id };
const authentication = {
  client_secret_basic: () => oauth.ClientSecretBasic(secret),
  client_secret_post: () => oauth.ClientSecretPost(secret),
  private_key_jwt: async () => oauth.PrivateKeyJwt(await privateKey()),
};
const authenticate = await authentication[method]();

const ask = async (parameters) =>
  oauth.processClientCredentialsResponse(
    server,
    client,
    await oauth.clientCredentialsGrantRequest(
      server,
      client,
      authenticate,
      new URLSearchParams(parameters),
      insecure,
    ),
  );
const given = await ask({ scope: 'orders:read' });

const headers = new Headers({ Authorization: `Bearer ${given.access_token}` });
const claims = await oauth.validateJwtAccessToken(
  server,
  new Request(`${issuer}/orders`, { headers }),
  issuer,
  insecure,
);
const use = await oauth.protectedResourceRequest(
  given.access_token,
  'GET',
  new URL(`${issuer}/orders`),
  undefined,
  undefined,
  insecure,
);
const introspect = async () =>
  oauth.processIntrospectionResponse(
    server,
    client,
    await oauth.introspectionRequest(server, client, authenticate, given.access_token, insecure),
  );
const before = await introspect();
await oauth.processRevocationResponse(
  await oauth.revocationRequest(server, client, authenticate, given.access_token, insecure),
);
const after = await introspect();
const refusedScope = await ask({ scope: 'users:read' }).catch((error) => error.error);
const gone = await fetch(`${issuer}/orders`, { headers });

console.log(
  JSON.stringify({
    type: given.token_type,
    scope: given.scope,
    expiresIn: given.expires_in,
    claims,
    used: use.status,
    before,
    after,
    refusedScope,
    gone: gone.status,
  }),
);
