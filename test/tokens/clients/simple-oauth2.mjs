// simple-oauth2, which is configured with the endpoints and knows neither metadata nor JWT.
import { ClientCredentials } from 'simple-oauth2';

const { issuer, id, secret, authorizationMethod } = JSON.parse(process.env.CLIENT_CONFIG);
const client = new ClientCredentials({
  client: { id, secret },
  auth: { tokenHost: issuer, tokenPath: '/oauth/token', revokePath: '/oauth/revoke' },
  options: { authorizationMethod },
});
const given = await client.getToken({ scope: ['orders:read', 'orders:write'] });
const { access_token: token, scope } = given.token;
const use = async () =>
  (await fetch(`${issuer}/orders`, { headers: { Authorization: `Bearer ${String(token)}` } })).status;
const before = await use();
const wrong = await new ClientCredentials({
  client: { id, secret: 'A'.repeat(43) },
  auth: { tokenHost: issuer, tokenPath: '/oauth/token' },
  options: { authorizationMethod },
})
  .getToken({})
  .catch((error) => error.output.statusCode);
console.log(JSON.stringify({ scope, before, expired: given.expired(), wrong }));
