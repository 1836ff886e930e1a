// @ts-check
'use strict';
const { createHash } = require('node:crypto');

/**
 * @typedef {object} Sizes
 * @property {number} keys
 * @property {number} entries of the audit log, at least as many as keys
 * @property {number} usage rows of counted uses
 */

/** When the first key is created, epoch milliseconds; each is created a second after the one before. */
const firstTime = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
/** When a few keys expire, five months after all were made. */
const soon = Date.UTC(2026, 5, 4);
/** Entries that are written at once. */
const entriesPerStatement = 5_000;
/** When keys are first used. */
const firstUsed = Date.UTC(2026, 4, 25);
const firstHash = '0'.repeat(64);

/** The id of the key with a number from 1. @param {number} number */
const keyIdOf = (number) => `key${1_000_000_000_000 + number}`;

/**
 * Whose key it is: the oldest eighth belongs to an owner who has left, half of the others to one owner, and the rest to owners
 * with a few each.
 * @param {number} number @param {number} keys
 */
function ownerOf(number, keys) {
  if (number * 8 <= keys) return 'gone';
  if (number % 2 === 0) return 'big';
  return `owner-${number % Math.ceil(keys / 20)}`;
}

/**
 * Statements that fill tables. Keys that are all alike would be found too easily: a part of them is revoked, has expired, was made
 * by another key, or was never used.
 *
 * @param {'postgres' | 'sqlite'} dialect @param {Omit<Sizes, 'entries'>} sizes
 * @returns {string[]}
 */
function listStatements(dialect, { keys, usage }) {
  /** @param {number} count */
  const series = (count) =>
    dialect === 'postgres'
      ? `generate_series(1, ${count}) as series(i)`
      : `(with recursive series(i) as (select 1 union all select i + 1 from series where i < ${count}) select i from series) as series`;
  const time = `(${firstTime} + cast(i as bigint) * 1000)`;
  const id = "'key' || cast(1000000000000 + i as text)";
  const owner = `case when i * 8 <= ${keys} then 'gone' when i % 2 = 0 then 'big' else 'owner-' || cast(i % ${Math.ceil(keys / 20)} as text) end`;
  const revokedAt = `case when i * 8 <= ${keys} or i % 10 = 2 then ${time} + 1 end`;
  // Far ends, near ends and past ones.
  const expiresAt = `case when i % 5 = 0 then ${time} + ${400 * 24 * hourMs} when i % 200 = 8 then ${soon} when i % 20 = 3 then ${time} + 2 end`;
  return [
    `insert into keys (id, keyspace, owner_id, name, scopes, environment, enabled, revoked_at, expires_at, metadata,
      hint_prefix, hint_last_four, version, created_at, updated_at, number, tags, created_by_kind, created_by_id,
      created_by_member_id, parent_id)
    select ${id}, 'default', ${owner}, 'Key ' || cast(i as text), '["orders:read"]', 'live', 1, ${revokedAt}, ${expiresAt}, '{}',
      'acme_live_', '7xYz', 1, ${time}, ${time}, i, '["batch"]', 'owner', 'big',
      'member-' || cast(i % 5 as text), case when i % 4 = 3 then 'key' || cast(1000000000000 + i - 1 as text) end
    from ${series(keys)}`,
    `insert into credentials (key_id, id, position, kind, bcrypt_hash, secret_check, created_at)
    select ${id}, 'credential01', 1, 'secret', '$2b$10$${'a'.repeat(53)}', '0a1b2c3d', ${time} from ${series(keys)}`,
    `insert into credential_digests (key_id, credential_id, pepper_id, digest)
    select ${id}, 'credential01', 'c0ffee', '${'d'.repeat(64)}' from ${series(keys)}`,
    `insert into key_uses (key_id, last_used_at, use_count)
    select ${id}, ${time}, 1 from ${series(keys)} where i % 2 = 0`,
    `insert into owners (owner_id, version, created_at, updated_at)
    select 'owner-' || cast(i - 1 as text), 1, ${firstTime}, ${firstTime} from ${series(Math.ceil(keys / 20))}`,
    `insert into key_usage (key_id, hour, verdict, count)
    select 'key' || cast(1000000000001 + i % ${keys} as text), ${firstUsed} + cast(i / ${keys} as bigint) * ${hourMs}, 'allowed', 1
    from ${series(usage)}`,
  ];
}

/** The entries of the audit log, chained, without MACs. @param {Sizes} sizes */
function* createEntries({ keys, entries }) {
  let hash = firstHash;
  for (let sequence = 1; sequence <= entries; sequence += 1) {
    // One key is changed all the time.
    const number = sequence > keys && sequence % 2 === 0 ? keys - 1 : ((sequence - 1) % keys) + 1;
    const [key_id, owner_id] = [keyIdOf(number), ownerOf(number, keys)];
    const action = sequence <= keys ? 'key.created' : 'key.updated';
    const at = firstTime + sequence * 1000;
    const payload = JSON.stringify({
      ...{ sequence, action, keyId: key_id, keyspace: 'default', ownerId: owner_id, keyVersion: 1 },
      ...{ changedFields: [], actor: { kind: 'admin', id: 'admin-1' }, at },
    });
    hash = createHash('sha256').update(hash).update(payload).digest('hex');
    yield { sequence, key_id, owner_id, action, actor_id: 'admin-1', at, payload, hash };
  }
}

const entryColumns = 'sequence, key_id, owner_id, action, actor_id, at, payload, hash';

/** @param {'postgres' | 'sqlite'} dialect */
function formatEntryInsert(dialect) {
  if (dialect === 'postgres') {
    return `insert into audit_events (${entryColumns}) select ${entryColumns} from json_to_recordset($1::json) as rows
      (sequence bigint, key_id text, owner_id text, action text, actor_id text, at bigint, payload text, hash text)`;
  }
  const values = entryColumns.split(', ').map((name) => `json_extract(value, '$.${name}')`);
  return `insert into audit_events (${entryColumns}) select ${values.join(', ')} from json_each(?)`;
}

/**
 * Fills the tables of a migrated database, in which they are empty. The audit log has an entry for each key, and further ones.
 *
 * @param {(statement: string, parameters?: string[]) => unknown} run runs one statement
 * @param {'postgres' | 'sqlite'} dialect
 * @param {Sizes} sizes
 */
async function fillTables(run, dialect, sizes) {
  for (const statement of listStatements(dialect, sizes)) await run(statement);
  const insert = formatEntryInsert(dialect);
  let head = { sequence: 0, hash: firstHash };
  /** @type {object[]} */
  let rows = [];
  const write = async () => {
    await run(insert, [JSON.stringify(rows)]);
    rows = [];
  };
  for (const entry of createEntries(sizes)) {
    rows.push(entry);
    head = entry;
    if (rows.length === entriesPerStatement) await write();
  }
  if (rows.length > 0) await write();
  await run(`update audit_head set sequence = ${head.sequence}, hash = '${head.hash}'`);
  await run(dialect === 'postgres' ? 'vacuum analyze' : 'analyze');
}

module.exports = { fillTables, firstTime, keyIdOf, ownerOf };
