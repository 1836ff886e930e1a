import { randomBytes } from 'node:crypto';
import bcrypt from 'bcryptjs';
import { database } from './database.js';

const cost = Number(process.env.BCRYPT_COST ?? 10);

/** `permissions` is an array, `expiresAt` a time in milliseconds. The key is shown once. */
export async function createKey(customerId, label, permissions, expiresAt = null) {
  const id = randomBytes(4).toString('hex');
  const key = `shop_${id}_${randomBytes(16).toString('hex')}`;
  const hash = await bcrypt.hash(key, cost);
  database
    .prepare('insert into api_keys values (?, ?, ?, ?, ?, ?, ?, null)')
    .run(id, customerId, label, JSON.stringify(permissions), hash, Date.now(), expiresAt);
  return { id, key };
}

export async function listKeys(customerId) {
  return database
    .prepare(
      'select id, label from api_keys where customer_id = ? and revoked_at is null order by created_at',
    )
    .all(customerId);
}

export async function revokeKey(customerId, id) {
  const { changes } = database
    .prepare('update api_keys set revoked_at = ? where id = ? and customer_id = ? and revoked_at is null')
    .run(Date.now(), id, customerId);
  return changes > 0;
}

/** Returns the row of a valid key, and otherwise `null`. */
export async function checkKey(key) {
  const match = /^shop_([0-9a-f]{8})_[0-9a-f]{32}$/.exec(key);
  if (match === null) return null;
  const row = database.prepare('select * from api_keys where id = ?').get(match[1]);
  if (row === undefined || row.revoked_at !== null) return null;
  if (row.expires_at !== null && row.expires_at <= Date.now()) return null;
  return (await bcrypt.compare(key, row.key_hash)) ? row : null;
}
