import { createHash } from 'node:crypto';
import { compareSync, hashSync } from 'bcryptjs';
import { createSecretHasher, type SecretHasherOptions } from '../../lib/crypto/bcrypt-hasher.js';
import { InvalidOptionError } from '../../lib/errors.js';
import type { SecretHasher } from '../../lib/ports/secret-hasher.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

jest.setTimeout(90_000);

/** Other tests run at the same time. */
const patient = { matching: 20_000, minting: 20_000 };
const messages: string[] = [];
const logger = {
  warn: (message: string) => void messages.push(message),
  error: (message: string) => void messages.push(message),
};
const opened: SecretHasher[] = [];

function open(options: Partial<SecretHasherOptions> = {}): SecretHasher {
  const hasher = createSecretHasher({ cost: 8, logger, deadlineMs: patient, ...options });
  opened.push(hasher);
  return hasher;
}

const inputOf = (secret: string): string => createHash('sha256').update(secret).digest('base64');
const unavailable = { code: 'ERR_API_KEYS_UNAVAILABLE', status: 503 };

afterEach(async () => {
  await Promise.all(opened.splice(0).map((hasher) => hasher.close()));
  // Workers were found in every test of this file.
  if (messages.length > 0) throw new Error(messages.join('\n'));
});

describe('a hash', () => {
  it('is bcrypt over the base64 of SHA-256, with cost 10 by default', async () => {
    const hash = await open({ cost: undefined }).hash('secret');
    expect(hash).toMatch(/^\$2b\$10\$[./A-Za-z0-9]{53}$/);
    expect(compareSync(inputOf('secret'), hash)).toBe(true);
    expect(inputOf('secret')).toHaveLength(44);
  });

  it('has its own salt', async () => {
    const hasher = open();
    expect(await hasher.hash('secret')).not.toBe(await hasher.hash('secret'));
  });

  it.each([7, 15, 31, 0, -1, 10.5, NaN, Infinity])('cannot have cost %p', (cost) => {
    expect(() => open({ cost })).toThrow(InvalidOptionError);
  });
});

describe('matching', () => {
  it('tells the right secret from others', async () => {
    const hasher = open();
    const hash = await hasher.hash('right');
    expect(await hasher.matches('right', hash)).toBe(true);
    for (const wrong of ['Right', 'right ', 'right\0', '', 'righ', hash]) {
      expect(await hasher.matches(wrong, hash)).toBe(false);
    }
  });

  it('reads hashes of other bcrypt libraries', async () => {
    const hasher = open();
    const hash = hashSync(inputOf('secret'), 8);
    for (const mark of ['$2a$', '$2b$', '$2y$']) {
      expect(await hasher.matches('secret', hash.replace(/^\$2.\$/, mark))).toBe(true);
    }
  });

  it('sees what lies behind 72 bytes, and NUL', async () => {
    const hasher = open();
    const long = 'x'.repeat(72);
    const hash = await hasher.hash(`${long}A`);
    expect(await hasher.matches(`${long}A`, hash)).toBe(true);
    expect(await hasher.matches(`${long}B`, hash)).toBe(false);
    expect(await hasher.matches('a', await hasher.hash('a\0a'))).toBe(false);
  });

  it('is not confused by digests that begin with NUL', async () => {
    const hasher = open();
    const secrets: string[] = [];
    for (let i = 0; secrets.length < 4; i += 1) {
      if (createHash('sha256').update(`secret-${i}`).digest()[0] === 0) secrets.push(`secret-${i}`);
    }
    const hashes = await Promise.all(secrets.map((secret) => hasher.hash(secret)));
    for (const [i, hash] of hashes.entries()) {
      const answers = await Promise.all(secrets.map((secret) => hasher.matches(secret, hash)));
      expect(answers).toEqual(secrets.map((_, j) => i === j));
    }
  });

  const valid = hashSync(inputOf('secret'), 8);
  it.each<[string, unknown]>([
    ['a cost that would take weeks', `$2b$31$${valid.slice(7)}`],
    ['a cost above the cap', `$2b$15$${valid.slice(7)}`],
    ['a cost below the cap', `$2b$07$${valid.slice(7)}`],
    ['a cost of one digit', `$2b$8$${valid.slice(7)}`],
    ['characters outside the alphabet', `$2a$10$${'!'.repeat(53)}`],
    ['a low cost and junk', `$2a$04$${'*'.repeat(53)}`],
    ['NUL inside', `${valid.slice(0, 30)}\0${valid.slice(31)}`],
    ['NUL behind', `${valid}\0`],
    ['a line end behind', `${valid}\n`],
    ['one character missing', valid.slice(0, -1)],
    ['one character more', `${valid}a`],
    ['another scheme', `$2x$08$${valid.slice(7)}`],
    ['no scheme', valid.slice(7)],
    ['argon2', '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA'],
    ['nothing', ''],
    ['null', null],
    ['undefined', undefined],
    ['a number', 12],
    ['an object', { toString: () => valid }],
    ['a list', [valid]],
  ])('is refused at once for a hash with %s', async (_, hash) => {
    const startedAt = performance.now();
    expect(await open().matches('secret', hash as string)).toBe(false);
    await machine.expectWithin(500, performance.now() - startedAt);
  });

  it('is false for a hash with one character changed', async () => {
    const hasher = open();
    for (const at of [8, 20, 30, 45, 58]) {
      const changed = valid[at] === 'A' ? 'B' : 'A';
      expect(await hasher.matches('secret', valid.slice(0, at) + changed + valid.slice(at + 1))).toBe(false);
    }
  });
});

describe('the work', () => {
  it('leaves the main thread free', async () => {
    const hasher = open({ cost: 11 });
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 2);
    await Promise.all(Array.from({ length: 4 }, (_, i) => hasher.hash(`secret-${i}`)));
    clearInterval(timer);
    // Four hashes of more than 50 ms each; on the main thread there would be a tick between two of them at most.
    expect(ticks).toBeGreaterThan(15);
  });

  it('is done once for a question that is asked many times at once', async () => {
    const hasher = open({ workers: 1, maxQueue: { matching: 1 } });
    const hash = await hasher.hash('secret');
    const answers = await Promise.all(Array.from({ length: 200 }, () => hasher.matches('secret', hash)));
    expect(answers).toEqual(answers.map(() => true));
    // Others are not taken for the same: one is begun, one waits, and the third is too many.
    const others = await Promise.allSettled(['a', 'b', 'c'].map((secret) => hasher.matches(secret, hash)));
    expect(others.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  it('is refused when too much of it waits, and goes on afterwards', async () => {
    const hasher = open({ workers: 1, maxQueue: { matching: 3, minting: 2 } });
    const hash = await hasher.hash('secret');
    const matching = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => hasher.matches(`s${i}`, hash)),
    );
    expect(matching.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    for (const each of matching.slice(4))
      expect(each).toMatchObject({ status: 'rejected', reason: unavailable });
    expect(await hasher.matches('secret', hash)).toBe(true);
    const minting = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.hash('secret')));
    expect(minting.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
  });

  it('is given up when it did not begin in time, or takes too long', async () => {
    const hasher = open({ cost: 12, workers: 1, deadlineMs: { ...patient, minting: 60 } });
    const outcomes = await Promise.allSettled([hasher.hash('a'), hasher.hash('b')]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable });
    expect(await hasher.matches('c', await open().hash('c'))).toBe(true);
  });

  it('in one lane does not keep the other waiting', async () => {
    const hasher = open({ workers: 1 });
    const hash = await hasher.hash('secret');
    const order: string[] = [];
    const matching = Array.from({ length: 20 }, async (_, i) => {
      await hasher.matches(`wrong-${i}`, hash);
      order.push('match');
    });
    const minting = hasher.hash('new').then(() => order.push('mint'));
    await Promise.all([...matching, minting]);
    expect(order.indexOf('mint')).toBeLessThanOrEqual(3);
  });

  it('of hashes of other systems does not keep those of our own keys waiting', async () => {
    const hasher = open({ workers: 1 });
    const [own, stored] = [await hasher.hash('secret'), hashSync('secret', 8)];
    const order: string[] = [];
    const imported = Array.from({ length: 40 }, async (_, index) => {
      await hasher.matchesImported(`s${index}`, stored, `198.51.100.${index}`);
      order.push('imported');
    });
    await Promise.all([...imported, hasher.matches('secret', own).then(() => order.push('own'))]);
    expect(order.indexOf('own')).toBeLessThanOrEqual(3);
  });

  it('ends with the hasher', async () => {
    const hasher = open({ workers: 1, cost: 12 });
    const waiting = Promise.allSettled([hasher.hash('a'), hasher.hash('b')]);
    await hasher.close();
    for (const outcome of await waiting)
      expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable });
    await expect(hasher.hash('c')).rejects.toMatchObject(unavailable);
    await hasher.close();
  });
});
