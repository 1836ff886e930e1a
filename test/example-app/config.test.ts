import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

  it('ask for a second factor only when it is configured', () => {
    expect([read({}), read({ DEMO_STEP_UP: '0' }), read({ DEMO_STEP_UP: '1' })]).toMatchObject([
      { demoStepUp: false },
      { demoStepUp: false },
      { demoStepUp: true },
    ]);
    expect(() => read({ DEMO_STEP_UP: 'yes' })).toThrow('write 1 for on');
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
        DEMO_STEP_UP: '1',
        METRICS_TOKEN: 'a-token-for-prometheus',
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
      demoStepUp: true,
      metricsToken: 'a-token-for-prometheus',
    });
  });

  it('take no token for metrics that could be guessed', () => {
    expect(read({}).metricsToken).toBeUndefined();
    for (const token of ['short', 'with spaces in between']) {
      expect(() => read({ METRICS_TOKEN: token })).toThrow('METRICS_TOKEN cannot be used; write 16');
    }
  });

  it('show an address that can be called', () => {
    expect(read({ HOST: '0.0.0.0' }).publicUrl).toBe('http://127.0.0.1:3000');
    expect(read({ HOST: '::1', PORT: '81' }).publicUrl).toBe('http://[::1]:81');
  });

  it.each([
    { PUBLIC_URL: 'https://orders.example.com' },
    { PUBLIC_URL: 'http://localhost:3000' },
    { HOST: '0.0.0.0' },
    { HOST: '::1' },
    {},
  ])('take %j in production too', (environment) => {
    expect(() => read({ NODE_ENV: 'production', ...environment })).not.toThrow();
  });

  it.each([
    [{ PORT: 'http' }, /^PORT is "http"; write a port/],
    [{ PORT: '0' }, /^PORT/],
    [{ PORT: '65536' }, /^PORT/],
    [{ PORT: '3000.5' }, /^PORT/],
    [
      { PUBLIC_URL: 'orders.example.com' },
      /^PUBLIC_URL is not a URL that begins with http:\/\/ or https:\/\/$/,
    ],
    [{ PUBLIC_URL: 'https://orders.example.com/?a=1' }, /^PUBLIC_URL takes an address without/],
    [{ PUBLIC_URL: 'https://orders.example.com/#a' }, /^PUBLIC_URL takes an address without/],
    [{ PUBLIC_URL: 'https://u:secret-password@orders.example.com' }, /^PUBLIC_URL takes an address without/],
    [
      { NODE_ENV: 'production', PUBLIC_URL: 'http://orders.example.com' },
      /^PUBLIC_URL must begin with https:\/\/ when NODE_ENV is production, as in PUBLIC_URL=https:\/\/orders/,
    ],
    [{ NODE_ENV: 'production', HOST: '10.0.0.5' }, /^PUBLIC_URL must begin with https:\/\//],
    [{ REDIS_URL: 'localhost:6379' }, /^REDIS_URL is not a URL that begins with redis:\/\/ or rediss:\/\/$/],
    [{ REDIS_URL: 'redis://:secret-password/1@cache' }, /^REDIS_URL seems to contain a \/ .*percent-encode/],
    [
      { DATABASE_URL: 'mysql://u:secret-password@h/d' },
      /^DATABASE_URL is not a URL that begins with postgres:\/\/ or postgresql:\/\/$/,
    ],
    [
      { DATABASE_URL: 'postgres://u:secret-password#1@h/d' },
      /a # in its user name or .*percent-encode # as %23/,
    ],
    [{ DATABASE_URL: 'postgres://u:1#secret-password@h/d' }, /^DATABASE_URL contains a #.*percent-encode/],
    [{ DATABASE_URL: 'postgres://u:p@h/d#secret-password' }, /^DATABASE_URL contains a #/],
    [{ DATABASE_URL: 'postgres://u:secret-password/1@h/d' }, /^DATABASE_URL seems to contain a \/ .*%2F/],
    [{ DATABASE_URL: 'postgres://u:1/secret-password@h/d' }, /^DATABASE_URL seems to contain a \/ .*%2F/],
    [{ DATABASE_URL: 'postgres://u:1?secret-password@h/d' }, /^DATABASE_URL seems to contain a \? .*%3F/],
    [{ DATABASE_URL: 'postgres://u:p@h:99999/d' }, /^DATABASE_URL has a port that is not a number from 1/],
    [{ DATABASE_URL: 'postgres://u:p@h:port/d' }, /^DATABASE_URL has a port that is not a number from 1/],
    [
      { DATABASE_URL: 'postgres://u:secret-password' },
      /^DATABASE_URL has a port that is not a number from 1/,
    ],
    [{ DATABASE_URL: postgres }, /^API_KEYS_PEPPER is needed with DATABASE_URL\. Make one with\n {2}node -e/],
    [{ API_KEYS_PEPPER: 'short' }, /^API_KEYS_PEPPER has fewer than 32 bytes/],
    [{ DEMO_PASSWORD: `it's` }, /^DEMO_PASSWORD cannot be used; write/],
    [{ DEMO_PASSWORD: 'x'.repeat(73) }, /^DEMO_PASSWORD/],
  ])('refuse %j and say what to write', (environment, message) => {
    expect(() => read(environment)).toThrow(message);
    expect(() => read(environment)).not.toThrow('secret-password');
  });

  it.each([
    'postgres://u:p%23%2F%40@db.example.com:5432/orders?sslmode=require&application_name=a@b/c',
    // Both drivers take what stands before the last @ for the password.
    'postgres://u:p@ss@db.example.com/orders',
    'postgresql://u:p@[::1]:5432/orders',
    'postgres:///orders?host=/var/run/postgresql',
  ])('pass %s on as it is', (url) => {
    expect(read({ DATABASE_URL: url, API_KEYS_PEPPER: longPepper }).database).toBe(url);
  });

  it('say when the data folder cannot be used, whatever stands there', () => {
    const file = join(dataDir, '..', 'a-file');
    writeFileSync(file, '');
    const message = /^DATA_DIR cannot be used \((EEXIST|ENOTDIR|ENOENT|EACCES) at .*set it to a folder/;
    for (const folder of [file, join(file, 'below'), '/dev/null']) {
      expect(() => read({ DATA_DIR: folder })).toThrow(message);
      expect(() => read({ DATA_DIR: folder, API_KEYS_PEPPER: longPepper })).toThrow(message);
    }
  });

  it('do not touch the data folder beside a shared database', () => {
    const unused = join(dataDir, '..', 'unused');
    read({ DATA_DIR: unused, DATABASE_URL: postgres, API_KEYS_PEPPER: longPepper });
    expect(readdirSync(join(dataDir, '..'))).not.toContain('unused');
  });

  it('name the file of a kept pepper that is too short', () => {
    const folder = mkdtempSync(join(dataDir, '..', 'short-'));
    writeFileSync(join(folder, 'pepper'), 'short', { mode: 0o600 });
    expect(() => read({ DATA_DIR: folder })).toThrow(
      `The pepper in ${join(folder, 'pepper')} has fewer than`,
    );
  });
});
