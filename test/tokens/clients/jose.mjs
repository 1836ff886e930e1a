// Checks a token with nothing but the published keys, as another service would.
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { issuer, token, forged } = JSON.parse(process.env.CLIENT_CONFIG);
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
const expected = { issuer, audience: issuer, typ: 'at+jwt', algorithms: ['EdDSA'] };
const { payload, protectedHeader } = await jwtVerify(token, keys, expected);
const refused = await jwtVerify(forged, keys, expected).then(
  () => 'accepted',
  (error) => error.code,
);
console.log(JSON.stringify({ payload, alg: protectedHeader.alg, typ: protectedHeader.typ, refused }));
