import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../example-app/src/config.js';

const longPepper = 'p'.repeat(32);
const postgres = 'postgres://app:secret-password@db.example.com/orders';

describe('the settings of the example app', () => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'express-api-keys-settings-')), 'data');
  const read = (environment: NodeJS.ProcessEnv) => readSettings(environment, dataDir);

  afterAll(() => rmSync(join(dataDir, '..'), { recursive: true, force: true }));

  it('need nothing', () => {
    expect(read({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      publicUrl: 'http://127.0.0.1:3000',
      database: `file:${join(dataDir, 'api-keys.db')}`,
      redisUrl: undefined,
      demoPasswordIsRandom: true,
    });
  });

  it('count a variable that is set to nothing as not set', () => {
    const empty = { PORT: '', DATABASE_URL: '', REDIS_URL: ' ', API_KEYS_PEPPER: '', DEMO_PASSWORD: '' };
    expect(read(empty)).toMatchObject({ port: 3000, redisUrl: undefined, demoPasswordIsRandom: true });
  });

  it('make a pepper once, for this user alone', () => {
    const { pepper } = read({});
    expect(Buffer.byteLength(pepper)).toBeGreaterThanOrEqual(32);
    expect(read({}).pepper).toBe(pepper);
    const file = join(dataDir, 'pepper');
    expect(readFileSync(file, 'utf8').trim()).toBe(pepper);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o077).toBe(0);
  });

  it('draw another demo password at each start', () => {
    expect(read({}).demoPassword).not.toBe(read({}).demoPassword);
    expect(read({}).demoPassword).toMatch(/^[\w-]{16}$/);
  });

  it('take what is set', () => {
    expect(
      read({
        PORT: '8080',
        HOST: '0.0.0.0',
        PUBLIC_URL: 'https://orders.example.com/',
        DATABASE_URL: postgres,
        REDIS_URL: 'redis://cache.example.com:6379',
        API_KEYS_PEPPER: longPepper,
        DEMO_PASSWORD: 'chosen',
      }),
    ).toEqual({
      port: 8080,
      host: '0.0.0.0',
      publicUrl: 'https://orders.example.com',
      database: postgres,
      redisUrl: 'redis://cache.example.com:6379',
      pepper: longPepper,
      demoPassword: 'chosen',
      demoPasswordIsRandom: false,
    });
  });

  it('show an address that can be called', () => {
    expect(read({ HOST: '0.0.0.0' }).publicUrl).toBe('http://127.0.0.1:3000');
    expect(read({ HOST: '::1', PORT: '81' }).publicUrl).toBe('http://[::1]:81');
  });

  it.each([
    [{ PORT: 'http' }, /^PORT is "http"; write a port/],
    [{ PORT: '0' }, /^PORT/],
    [{ PORT: '65536' }, /^PORT/],
    [{ PORT: '3000.5' }, /^PORT/],
    [{ PUBLIC_URL: 'orders.example.com' }, /^PUBLIC_URL is not a URL that begins with http:/],
    [{ REDIS_URL: 'localhost:6379' }, /^REDIS_URL is not a URL that begins with redis:/],
    [
      { DATABASE_URL: 'mysql://u:secret-password@h/d' },
      /^DATABASE_URL is not a URL that begins with postgres:/,
    ],
    [{ DATABASE_URL: postgres }, /^API_KEYS_PEPPER is needed with DATABASE_URL\. Make one with\n {2}node -e/],
    [{ API_KEYS_PEPPER: 'short' }, /^API_KEYS_PEPPER has fewer than 32 bytes/],
    [{ DEMO_PASSWORD: `it's` }, /^DEMO_PASSWORD cannot be used; write/],
    [{ DEMO_PASSWORD: 'x'.repeat(73) }, /^DEMO_PASSWORD/],
  ])('refuse %j and say what to write', (environment, message) => {
    expect(() => read(environment)).toThrow(message);
    expect(() => read(environment)).not.toThrow('secret-password');
  });
});
