// @ts-check
// What is compared, and how long each is looked at. The routes themselves are in own-routes.mjs and peer-routes.mjs.

/**
 * @typedef {object} Variant
 * @property {string} name
 * @property {string} about what the route does, for the table
 * @property {true} [isSlow] too slow to be worth as many windows as the others
 * @property {number} [connections] fewer than the others, for what would only queue
 * @property {string} [touchedBy] the route by which every key is used once before each window
 * @property {number} [signingSeconds] how long it takes, about, to sign the requests of a window before it begins
 * @property {number} [seconds] another length of its windows
 * @property {number} [warmUpSeconds] another time to warm up
 */

export const base = 'bare';
export const control = 'bare-control';

/** @type {readonly Variant[]} */
export const usualVariants = [
  { name: control, about: 'the same once more: what differs here is noise' },
  { name: 'bare-express4', about: 'Express 4 with nothing in front of the handler' },
  { name: 'guard-warm', about: 'ours, keys held in process, `cacheHeaders: false`', touchedBy: 'guard-warm' },
  {
    name: 'guard-warm-headers',
    about: 'ours as it is by default, with `Cache-Control` and `Vary`',
    touchedBy: 'guard-warm',
  },
  {
    name: 'guard-token-warm',
    about: 'ours with an access token (JWT) in place of the key, keys held in process',
    touchedBy: 'guard-token-warm',
  },
  {
    name: 'guard-signed-ed25519',
    about:
      'ours with requests that are signed (RFC 9421, Ed25519), keys held in process, signatures in Redis',
    signingSeconds: 1,
  },
  {
    name: 'guard-signed-rsa-pss-sha512',
    about: 'the same with RSA of 2,048 bits (`rsa-pss-sha512`)',
    // It takes far longer to sign with than to check.
    isSlow: true,
    seconds: 1,
    warmUpSeconds: 1,
    signingSeconds: 8,
  },
  {
    name: 'guard-signed-hmac-sha256',
    about: 'the same with HMAC and the secret (`hmac-sha256`)',
    signingSeconds: 0.5,
  },
  {
    name: 'guard-limits-1',
    about: 'ours, keys held in process, one limit for each key, counted in Redis',
    touchedBy: 'guard-limits-1',
  },
  {
    name: 'guard-limits-3',
    about: 'the same with three limits for each key',
    touchedBy: 'guard-limits-3',
  },
  { name: 'guard-l2', about: 'ours with Redis alone: `cache: false`', touchedBy: 'guard-l2' },
  { name: 'guard-store', about: 'ours on the embedded SQLite file alone: no Redis, `cache: false`' },
  { name: 'guard-store-postgres', about: 'ours on PostgreSQL alone: no Redis, `cache: false`' },
  { name: 'wrong-secret', about: 'ours refuses known ids with wrong secrets (401)', touchedBy: 'guard-warm' },
  { name: 'forged-checksum', about: 'ours refuses keys whose checksum is wrong (401)' },
  { name: 'forged-unknown', about: 'ours refuses well-formed keys that nobody has, all different (401)' },
  {
    name: 'forged-imported',
    about:
      'ours refuses strings that look like imported keys with bcrypt hashes, a quarter of them with a name that exists',
  },
  { name: 'sha256-lru', about: 'by hand: SHA-256 of the key, looked up in lru-cache' },
  { name: 'redis-get-sha256', about: 'by hand: SHA-256 of the key, one `GET` of ioredis a request' },
  { name: 'prefixed-api-key', about: 'prefixed-api-key, records in a Map' },
  { name: 'passport-headerapikey', about: 'passport with passport-headerapikey, SHA-256, records in a Map' },
  { name: 'better-auth-memory', about: 'better-auth, memory adapter with one row', isSlow: true },
  { name: 'better-auth-redis', about: 'better-auth, Redis as its secondary storage', isSlow: true },
  {
    name: 'bcryptjs',
    about: 'by hand: bcryptjs compares at cost 10 every time',
    isSlow: true,
    connections: 2,
  },
];

/**
 * Each is used almost without a pause, because what is held of a key grows old in a minute.
 * @type {readonly Variant[]}
 */
export const manyKeysVariants = [
  { name: 'guard-warm-100k', about: 'ours, 100,000 keys in use, room in process for all' },
  { name: 'guard-default-100k', about: 'ours, 100,000 keys in use, room for 10,000 (the default) and Redis' },
  { name: 'guard-warm-1m', about: 'ours, 1,000,000 keys in use, room in process for all' },
  { name: 'guard-default-1m', about: 'ours, 1,000,000 keys in use, room for 10,000 (the default) and Redis' },
].map((variant) => ({ ...variant, seconds: 8, warmUpSeconds: 70 }));

/** Those that are looked at with few connections as well: there a lookup over the network shows. */
export const fewConnectionsVariants = usualVariants.filter(({ name }) =>
  [control, 'guard-warm', 'redis-get-sha256'].includes(name),
);

/** Keys that are forged while somebody else uses a bare route. */
export const floodVariants = ['forged-unknown', 'forged-checksum', 'forged-imported'];

/** Those whose Redis commands are counted. */
export const redisCommandVariants = ['guard-warm', 'guard-l2', 'redis-get-sha256', 'better-auth-redis'];

/** What each route does, by name. @type {Readonly<Record<string, string>>} */
export const about = Object.fromEntries([
  [base, 'Express 5 with nothing in front of the handler'],
  ...[...usualVariants, ...manyKeysVariants].map((variant) => [variant.name, variant.about]),
]);
