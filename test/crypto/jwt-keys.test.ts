import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { jwtKeys } from '../../lib/crypto/jwt-keys.js';
import type { SigningAlgorithm } from '../../lib/ports/token-store.js';

const algorithms: readonly SigningAlgorithm[] = ['EdDSA', 'HS256'];
const claims = { iss: 'https://api.acme.example', sub: 'alice', text: 'Grüße 🗝', iat: 1_700_000_000 };

/** RFC 8037 appendix A.1: the private key d and the public key x, in PKCS #8 (RFC 8410 section 7). */
const rfc8037Key = Buffer.concat([
  Buffer.from('302e020100300506032b657004220420', 'hex'),
  Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url'),
]);
/** RFC 8037 appendix A.4. */
const rfc8037Token =
  'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.' +
  'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';

/** Checks or signs with jose, which is an ES module and so in a process of its own. */
function runJose(source: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return stdout.trim();
}

describe('signing keys of access tokens', () => {
  it.each(algorithms)('%s: what was signed is verified, by this key alone', (algorithm) => {
    const key = jwtKeys.open('k1', algorithm, jwtKeys.generate(algorithm));
    const other = jwtKeys.open('k1', algorithm, jwtKeys.generate(algorithm));
    const token = key.sign('at+jwt', claims);
    expect(key.verify(token)).toEqual(claims);
    expect(other.verify(token)).toBeNull();
    const [header = ''] = token.split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: algorithm,
      typ: 'at+jwt',
      kid: 'k1',
    });
  });

  it.each(algorithms)('%s: the length of a token is known without its signature', (algorithm) => {
    const key = jwtKeys.open('k1', algorithm, jwtKeys.generate(algorithm));
    for (let length = 0; length < 9; length += 1) {
      const longer = { ...claims, text: 'ü'.repeat(length) };
      expect(key.measure('at+jwt', longer)).toBe(key.sign('at+jwt', longer).length);
    }
  });

  it.each(algorithms)('%s: nothing that was changed is verified', (algorithm) => {
    const key = jwtKeys.open('k1', algorithm, jwtKeys.generate(algorithm));
    const token = key.sign('at+jwt', claims);
    for (let index = 0; index < token.length; index += 1) {
      const changed = token[index] === 'A' ? 'B' : 'A';
      expect(key.verify(token.slice(0, index) + changed + token.slice(index + 1))).toBeNull();
    }
    const [header, payload, signature = ''] = token.split('.');
    for (const odd of [
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}.${signature}A`,
      `${header}.${payload}.${signature.slice(0, -2)}`,
      `${header}.${payload}. ${signature}`,
      `${header}..${signature}`,
      '',
      '.',
      '..',
    ]) {
      expect(key.verify(odd)).toBeNull();
    }
  });

  it('another spelling of the last bits of a signature is not the same signature', () => {
    const key = jwtKeys.open('k1', 'EdDSA', jwtKeys.generate('EdDSA'));
    const token = key.sign('at+jwt', claims);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.at(-1) ?? '');
    const spellings = [1, 2, 3].map((bits) => token.slice(0, -1) + alphabet[last ^ bits]);
    expect(spellings.map((each) => key.verify(each))).toEqual([null, null, null]);
  });

  it('signs as the example of RFC 8037, whose signature is checked without reading its payload', () => {
    const { publicJwk } = jwtKeys.open('k1', 'EdDSA', rfc8037Key);
    expect(publicJwk).toMatchObject({ kty: 'OKP', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' });
    const spki = Buffer.concat([
      Buffer.from('302a300506032b6570032100', 'hex'),
      Buffer.from(publicJwk?.['x'] ?? '', 'base64url'),
    ]);
    expect(jwtKeys.isSignedBy(spki, 'EdDSA', rfc8037Token)).toBe(true);
    expect(jwtKeys.isSignedBy(spki, 'EdDSA', `${rfc8037Token.slice(0, -2)}Ag`)).toBe(true);
    expect(jwtKeys.isSignedBy(spki, 'EdDSA', `${rfc8037Token.slice(0, -2)}Ah`)).toBe(false);
    expect(jwtKeys.isSignedBy(spki, 'PS256', rfc8037Token)).toBe(false);
  });

  it('jose verifies what is signed here, and what jose signs is verified here', () => {
    const ed25519 = jwtKeys.generate('EdDSA');
    const secret = randomBytes(32);
    const signing = jwtKeys.open('k1', 'EdDSA', ed25519);
    const shared = jwtKeys.open('k2', 'HS256', secret);
    const answer = runJose(`
      import { importJWK, jwtVerify, SignJWT } from 'jose';
      import { createPrivateKey } from 'node:crypto';
      const publicKey = await importJWK(${JSON.stringify(signing.publicJwk)}, 'EdDSA');
      const secret = Buffer.from('${secret.toString('hex')}', 'hex');
      const privateKey = createPrivateKey({ key: Buffer.from('${ed25519.toString('hex')}', 'hex'), type: 'pkcs8', format: 'der' });
      const first = await jwtVerify('${signing.sign('at+jwt', claims)}', publicKey);
      const second = await jwtVerify('${shared.sign('at+jwt', claims)}', secret);
      const byPrivate = await new SignJWT(${JSON.stringify(claims)}).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey);
      const bySecret = await new SignJWT(${JSON.stringify(claims)}).setProtectedHeader({ alg: 'HS256' }).sign(secret);
      console.log(JSON.stringify({ seen: [first.payload, second.payload], byPrivate, bySecret }));`);
    const { seen, byPrivate, bySecret } = JSON.parse(answer) as {
      seen: unknown[];
      byPrivate: string;
      bySecret: string;
    };
    expect(seen).toEqual([claims, claims]);
    expect(signing.verify(byPrivate)).toEqual(claims);
    expect(shared.verify(bySecret)).toEqual(claims);
  });

  it('opens no key of another kind or length', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pkcs8 = rsa.export({ type: 'pkcs8', format: 'der' });
    expect(() => jwtKeys.open('k1', 'EdDSA', pkcs8)).toThrow('not an Ed25519 key');
    expect(() => jwtKeys.open('k1', 'HS256', randomBytes(31))).toThrow('not a secret of 32 bytes');
    expect(() => jwtKeys.open('k1', 'HS256', Buffer.alloc(0))).toThrow('not a secret of 32 bytes');
  });

  it('a signature of one algorithm is none of the other (RFC 8725 section 2.1)', () => {
    const ed25519 = jwtKeys.generate('EdDSA');
    const key = jwtKeys.open('k1', 'EdDSA', ed25519);
    const x = Buffer.from(key.publicJwk?.['x'] ?? '', 'base64url');
    const input = key.sign('at+jwt', claims).split('.').slice(0, 2).join('.');
    const forged = `${input}.${createHmac('sha256', x).update(input).digest('base64url')}`;
    expect(key.verify(forged)).toBeNull();
    const secret = jwtKeys.open('k2', 'HS256', x);
    const { privateKey } = generateKeyPairSync('ed25519');
    expect(
      secret.verify(`${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`),
    ).toBeNull();
  });
});
