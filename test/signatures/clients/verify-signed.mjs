// Checks a request that was signed elsewhere with both libraries. Arguments: JSON of { method, url, headers, pem, alg }.
import { createPublicKey, verify, constants } from 'node:crypto';
import { createVerifier, httpbis } from 'http-message-signatures';
import { verifySignature } from 'http-message-sig';

const { method, url, headers, pem, alg } = JSON.parse(process.argv[2]);
const key = createPublicKey(pem);
const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };

const first = await httpbis.verifyMessage(
  { keyLookup: async () => ({ algs: [alg], verify: createVerifier(pem, alg) }) },
  { method, url, headers },
);
const second = await verifySignature(new Request(url, { method, headers }), {
  policy: {
    algorithms: [alg],
    requiredComponents: ['@method', '@target-uri'],
    requiredParameters: ['created', 'nonce', 'keyid', 'tag'],
  },
  resolveVerifier: () => ({
    algorithm: alg,
    verify: (data, signature) =>
      alg === 'ed25519' ? verify(null, data, key, signature) : verify('sha512', data, pss, signature),
  }),
});
console.log(JSON.stringify([first, second.parameters.keyid]));
