import { createSecretHasher } from '../../lib/crypto/bcrypt-hasher.js';
import { hasArgon2 } from '../../lib/crypto/kdf-runner.js';
import { parseKdfHash } from '../../lib/crypto/kdf-hash.js';
import type { SecretHasher } from '../../lib/ports/secret-hasher.js';

jest.setTimeout(180_000);

const messages: string[] = [];
const logger = {
  warn: (message: string) => void messages.push(message),
  error: (message: string) => void messages.push(message),
};
let hasher: SecretHasher;
beforeAll(() => {
  // Other tests run at the same time.
  hasher = createSecretHasher({ cost: 8, logger, deadlineMs: { matching: 30_000 } });
});
afterAll(async () => {
  await hasher.close();
  if (messages.length > 0) throw new Error(messages.join('\n'));
});

const key = `sk_0a1b2c3d_${'k'.repeat(30)}`;

/** Made with Python's hashlib, and with Argon2 of Node.js 24, of that key. */
const stored = {
  'the PHC form of scrypt':
    '$scrypt$ln=14,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$isetEFviqglgV60kXG2oHEL76lYrDNo87GHLphbsk6I',
  'scrypt of Werkzeug':
    'scrypt:32768:8:1$Wd9vKq2LxYp3aZ7B$b568a092a24fc102267e296f097ccd42a3355e7ca6cf359849fca3f40680268f7b3f2f99bfb6d4b0d1b0e0130f8a1b6c93dad3612a6d84b889db73cf28f63a5a',
  'PBKDF2 of Django': 'pbkdf2_sha256$260000$VpJ1uJ6m9f8Wq0$OWUgjHXgsj/Upe18qykKkrOTns1ikY+dr6Uqdp2NqQg=',
  'the PHC form of PBKDF2':
    '$pbkdf2-sha512$i=25000,l=64$c2FsdHNhbHRzYWx0c2FsdA$9h5qqC7HSZTYGo8ry3TBPaf8c5Vpl114ctJVGO89DcXkftze4BT1LjauP6oWc8a6BqeIaGpVahcROP9A0EcevA',
  'PBKDF2 of passlib': '$pbkdf2-sha256$29000$....c2FsdHNhbHQ$pi2GC5DHhaFCCcmrI20TOzM0F1rug3Fmx8MYNeTRua0',
  'PBKDF2 of Werkzeug': 'pbkdf2:sha1:1000$saltsalt$f00d4839a0c39ebf7a27d05f99b0e2fb2bf90f90',
  'the PHC form of Argon2id':
    '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$I5PIiYy/hHCOMHja6qpNcXijU8Z7xHz73aJCbKlQb6U',
};
const computed = Object.entries(stored).filter(([, hash]) => hasArgon2 || !hash.startsWith('$argon2id'));

describe('hashes of other systems', () => {
  it.each(computed)('are compared in %s', async (_form, hash) => {
    expect(await hasher.matchesImported(key, hash)).toBe(true);
    for (const wrong of [`${key}x`, key.slice(1), key.toUpperCase(), `${key}\0`, '']) {
      expect(await hasher.matchesImported(wrong, hash)).toBe(false);
    }
    expect(await hasher.matches(key, hash)).toBe(false);
  });

  it.each(Object.entries(stored))('are taken apart in %s', (_form, hash) => {
    expect(parseKdfHash(hash)?.derived.length).toBeGreaterThanOrEqual(16);
    for (const broken of [
      hash.slice(1),
      `${hash}$`,
      ` ${hash}`,
      `${hash}\n`,
      hash.slice(0, hash.lastIndexOf('$') + 4),
    ]) {
      expect(parseKdfHash(broken)).toBeNull();
    }
  });

  it('share a comparison, and wait in a bounded queue', async () => {
    const small = createSecretHasher({ logger, maxQueue: { matching: 2 }, deadlineMs: { matching: 30_000 } });
    const hash = stored['the PHC form of scrypt'];
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 20 }, async () => small.matchesImported(key, hash)),
      ...Array.from({ length: 20 }, async (_, index) => small.matchesImported(`${key}${index}`, hash)),
    ]);
    await small.close();
    expect(outcomes.slice(0, 20)).toEqual(Array(20).fill({ status: 'fulfilled', value: true }));
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(17);
    expect(refused[0]).toMatchObject({ reason: { code: 'ERR_API_KEYS_UNAVAILABLE' } });
  });
});

const salt = 'c2FsdHNhbHRzYWx0c2FsdA';
const hash = 'A'.repeat(43);

describe('hashes that would take too much', () => {
  it.each([
    // 10 GB, a minute, and what OpenSSL refuses.
    `$scrypt$ln=23,r=10,p=1$${salt}$${hash}`,
    `$scrypt$ln=18,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=17,r=8,p=2$${salt}$${hash}`,
    `$scrypt$ln=14,r=8,p=99$${salt}$${hash}`,
    `$scrypt$ln=99,r=1,p=1$${salt}$${hash}`,
    `$scrypt$ln=16,r=1,p=1$${salt}$${hash}`,
    `$scrypt$ln=0,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=14,r=0,p=1$${salt}$${hash}`,
    `$scrypt$ln=14,r=8,p=0$${salt}$${hash}`,
    `scrypt:32767:8:1$${salt}$${'0'.repeat(64)}`,
    `scrypt:9999999:8:1$${salt}$${'0'.repeat(64)}`,
    `pbkdf2_sha256$2000001$${salt}$${hash}`,
    `pbkdf2_sha512$1000001$${salt}$${hash}`,
    `pbkdf2_sha256$99999999999$${salt}$${hash}`,
    `pbkdf2_sha256$0$${salt}$${hash}`,
    `pbkdf2_md5$1000$${salt}$${hash}`,
    `$pbkdf2-sha256$i=1500000,l=64$${salt}$${'A'.repeat(86)}`,
    `$argon2id$v=19$m=262144,t=1,p=1$${salt}$${hash}`,
    `$argon2id$v=19$m=131072,t=5,p=1$${salt}$${hash}`,
    `$argon2id$v=19$m=65536,t=3,p=17$${salt}$${hash}`,
    `$argon2id$v=19$m=8,t=1,p=2$${salt}$${hash}`,
    `$argon2id$v=19$m=65536,t=0,p=1$${salt}$${hash}`,
    `$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$${hash}`,
    `$argon2id$v=16$m=65536,t=3,p=1$${salt}$${hash}`,
    `$argon2i$v=19$m=65536,t=3,p=1$${salt}$${hash}`,
    `$scrypt$ln=14,r=8,p=1$$${hash}`,
    `$scrypt$ln=14,r=8,p=1$${salt}$${'A'.repeat(20)}`,
    `$scrypt$ln=14,r=8,p=1$${salt}$${'A'.repeat(90)}`,
    `$scrypt$ln=14,r=8,p=1$${salt}$${'!'.repeat(43)}`,
  ])('or are none are not computed: %s', async (planted) => {
    expect(parseKdfHash(planted)).toBeNull();
    expect(await hasher.matchesImported(key, planted)).toBe(false);
  });

  it.each([
    `$scrypt$ln=17,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=15,r=1,p=32$${salt}$${hash}`,
    `$scrypt$ln=1,r=99,p=99$${salt}$${hash}`,
    `pbkdf2_sha256$2000000$${salt}$${hash}=`,
    `pbkdf2:sha512:1000000$${salt}$${'0'.repeat(128)}`,
  ])('just not are compared: %s', async (strong) => {
    expect(await hasher.matchesImported(key, strong)).toBe(false);
    expect(parseKdfHash(strong)).not.toBeNull();
  });
});
