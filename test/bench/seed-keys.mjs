// @ts-check
// Thousands of keys without thousands of slow hashes: one key is made by the service, and its rows are copied with other
// ids and with digests that are right. Verification does not look at the slow hash of a key that has a digest.
import { createHmac, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { createApiKeys } from 'express-api-keys';
import Database from 'libsql';
import pg from 'pg';

export const prefix = 'bench';
export const scopes = { 'orders:read': 'Read orders' };
/** Worth nothing outside of a measurement. */
export const pepper = 'a pepper that is worth nothing outside of this measurement';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const head = `${prefix}_live_`;

/** @param {number} length at most 43 @returns {string} */
const randomBase62 = (length) => randomBytes(32).toString('base64url').replace(/[-_]/g, 'x').slice(0, length);

/** @param {string} id @param {string} secret @returns {string} a key whose checksum is right */
function composeKey(id, secret) {
  const body = `${head}${id}${secret}`;
  let rest = crc32(body);
  let checksum = '';
  for (let place = 0; place < 6; place += 1) {
    checksum = alphabet[rest % 62] + checksum;
    rest = Math.floor(rest / 62);
  }
  return body + checksum;
}

/** @param {string} key @returns {string} the id that it names */
export const idOf = (key) => key.slice(head.length, head.length + 16);

/** @param {string} key a right one @returns {string} the same id with another secret */
const withWrongSecret = (key) => composeKey(idOf(key), randomBase62(43));

/** @returns {string} a well-formed key that does not exist */
const unknownKey = () => composeKey(randomBase62(16), randomBase62(43));

/** @returns {string} right in length and alphabet, wrong in its checksum */
const misspeltKey = () => {
  const key = unknownKey();
  return key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
};

/**
 * @param {string} database
 * @returns {Promise<{ id: string, key: string }>}
 */
async function makeFirstKey(database) {
  const apiKeys = createApiKeys({ prefix, scopes, pepper, database, bcryptCost: 8 });
  try {
    await apiKeys.ready();
    const made = await apiKeys.keys
      .as({ kind: 'application' })
      .create({ ownerId: 'bench', name: 'first', scopes: ['orders:read'] });
    return { id: made.id, key: made.key };
  } finally {
    await apiKeys.close();
  }
}

/**
 * The tables that hold a key, and what is different in the rows of a copy: a column of `made` for a column of theirs.
 * @type {readonly { table: string, by: string, changed: Readonly<Record<string, string>> }[]}
 */
const copied = [
  { table: 'keys', by: 'id', changed: { id: 'id', hint_last_four: 'last_four' } },
  { table: 'credentials', by: 'key_id', changed: { key_id: 'id' } },
  { table: 'credential_digests', by: 'key_id', changed: { key_id: 'id', digest: 'digest' } },
];

function newKey() {
  const id = randomBase62(16);
  const secret = randomBase62(43);
  const digest = createHmac('sha256', pepper).update(`live\0${id}\0${secret}`).digest('hex');
  return { id, digest, key: composeKey(id, secret) };
}

/**
 * A statement that writes the rows of all keys in the table `made`, as copies of the rows of one key.
 * @param {(typeof copied)[number]} what
 * @param {readonly string[]} columns
 * @param {string} parameter how the id of the copied key is written
 * @param {string} [schema]
 */
function copyStatement({ table, by, changed }, columns, parameter, schema = '') {
  const values = columns.map((column) =>
    column in changed ? `made.${changed[column]}` : `template.${column}`,
  );
  return (
    `insert into ${schema}${table} (${columns.join(', ')}) select ${values.join(', ')} ` +
    `from made, ${schema}${table} as template where template.${by} = ${parameter} order by made.id`
  );
}

const keysPerStatement = 20_000;

/** @param {string} file @param {number} count @returns {Promise<string[]>} the keys */
export async function seedSqlite(file, count) {
  const first = await makeFirstKey(`file:${file}`);
  const keys = [first.key];
  const database = new Database(file);
  try {
    database.exec('pragma synchronous = off; pragma cache_size = -400000; begin immediate');
    database.exec('create temporary table made (id text, last_four text, digest text)');
    const add = database.prepare('insert into made select value->>0, value->>1, value->>2 from json_each(?)');
    while (keys.length < count) {
      const made = Array.from({ length: Math.min(keysPerStatement, count - keys.length) }, newKey);
      add.run(JSON.stringify(made.map(({ id, digest, key }) => [id, key.slice(-4), digest])));
      for (const { key } of made) keys.push(key);
    }
    for (const what of copied) {
      const columns = database
        .prepare(`select name from pragma_table_info(?)`)
        .all(what.table)
        .map((row) => /** @type {{ name: string }} */ (row).name);
      database.prepare(copyStatement(what, columns, '?')).run(first.id);
    }
    database.exec('commit');
    database.pragma('wal_checkpoint(truncate)');
    return keys;
  } finally {
    database.close();
  }
}

/** Gives all keys in a file the same limits. @param {string} file @param {readonly import('express-api-keys').RateLimit[]} limits */
export function limitKeys(file, limits) {
  const database = new Database(file);
  try {
    database.prepare('update keys set rate_limits = ?').run(JSON.stringify(limits));
    database.pragma('wal_checkpoint(truncate)');
  } finally {
    database.close();
  }
}

/** Makes each key in a file that of an owner of its own, who has overrides. @param {string} file */
export function giveOverrides(file) {
  const database = new Database(file);
  try {
    database.exec("update keys set owner_id = 'owner-' || id");
    database.exec(`
      insert into owners (owner_id, overrides, version, created_at, updated_at)
      select owner_id, '{"maxKeys":' || (1 + rowid) || '}', 1, created_at, created_at from keys
    `);
    database.pragma('wal_checkpoint(truncate)');
  } finally {
    database.close();
  }
}

/** Makes all keys in a file children of one of them. @param {string} file @param {string} parent */
export function makeChildren(file, parent) {
  const database = new Database(file);
  try {
    database.prepare('update keys set parent_id = ?1 where id <> ?1').run(idOf(parent));
    database.pragma('wal_checkpoint(truncate)');
  } finally {
    database.close();
  }
}

/** @param {string} url @param {number} count @returns {Promise<string[]>} the keys */
export async function seedPostgres(url, count) {
  const first = await makeFirstKey(url);
  const made = Array.from({ length: count - 1 }, newKey);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('begin');
    await client.query('create temporary table made (id text, last_four text, digest text)');
    await client.query('insert into made select * from unnest($1::text[], $2::text[], $3::text[])', [
      made.map(({ id }) => id),
      made.map(({ key }) => key.slice(-4)),
      made.map(({ digest }) => digest),
    ]);
    for (const what of copied) {
      const { fields } = await client.query(`select * from api_keys.${what.table} limit 0`);
      const columns = fields.map(({ name }) => name);
      await client.query(copyStatement(what, columns, '$1', 'api_keys.'), [first.id]);
    }
    await client.query('commit');
    await client.query('analyze');
  } finally {
    await client.end();
  }
  return [first.key, ...made.map(({ key }) => key)];
}

/** @param {string} file @param {readonly string[]} keys @returns {string} the file */
export function writeKeys(file, keys) {
  writeFileSync(file, `${keys.join('\n')}\n`);
  return file;
}

/** Keys that must be refused, by what is wrong with them. @param {readonly string[]} keys right ones */
export function forgedKeys(keys) {
  return {
    wrongSecret: Array.from({ length: 20_000 }, (_, index) =>
      withWrongSecret(keys[index % keys.length] ?? ''),
    ),
    unknown: Array.from({ length: 300_000 }, unknownKey),
    misspelt: Array.from({ length: 20_000 }, misspeltKey),
  };
}
