import { sql, type Kysely } from 'kysely';
import type { ColumnTypes } from '../column-types.js';
import type { Tables } from '../tables.js';
import type { Migration } from './migration.js';

/** What a key may use and has used, the log of refused requests, and the rows of what happens only once. */
export const addLimitsAndRefusals: Migration = {
  name: 'limits, credits, policies and refusals',
  async up(database, types) {
    await extendKeys(database, types);
    await createUsage(database, types);
    await createAccessEvents(database, types);
    await extendAuditTrail(database, types);
    await createOnceOnly(database, types);
  },
};

async function extendKeys({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  const addToKeys = (name: string, type: ColumnTypes['text'], empty?: string | number) =>
    schema
      .alterTable('keys')
      .addColumn(name, type, (column) => (empty === undefined ? column : column.notNull().defaultTo(empty)))
      .execute();
  await addToKeys('number', integer);
  await addToKeys('revocation_reason', text);
  await addToKeys('revocation_comment', text);
  await addToKeys('features', text, '[]');
  await addToKeys('tags', text, '[]');
  await addToKeys('rate_limits', text, '[]');
  await addToKeys('has_credits', integer, 0);
  await schema.createIndex('keys_by_expiry').on('keys').columns(['expires_at', 'id']).execute();
  await schema.alterTable('credentials').addColumn('grace_from_first_use_seconds', integer).execute();
  await schema
    .createTable('key_credits')
    .addColumn('key_id', text, (column) => column.primaryKey().notNull().references('keys.id'))
    .addColumn('remaining', integer, (column) => column.notNull())
    .addColumn('refill_amount', integer)
    .addColumn('refill_interval_seconds', integer)
    .addColumn('refilled_at', integer, (column) => column.notNull())
    .execute();
}

async function createUsage({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  await schema.alterTable('key_uses').addColumn('last_used_address', text).execute();
  await schema
    .createTable('key_usage')
    .addColumn('key_id', text, (column) => column.notNull().references('keys.id'))
    .addColumn('hour', integer, (column) => column.notNull())
    .addColumn('verdict', text, (column) => column.notNull())
    .addColumn('count', integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('key_usage_key', ['key_id', 'hour', 'verdict'])
    .execute();
  await schema.createIndex('key_usage_by_hour').on('key_usage').columns(['hour']).execute();
}

async function createAccessEvents({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  await schema
    .createTable('access_events')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('at', integer, (column) => column.notNull())
    .addColumn('action', text, (column) => column.notNull())
    .addColumn('code', text)
    .addColumn('key_id', text)
    .addColumn('owner_id', text)
    .addColumn('payload', text, (column) => column.notNull())
    .execute();
  await schema.createIndex('access_events_by_time').on('access_events').columns(['at', 'id']).execute();
  await schema
    .createIndex('access_events_by_key')
    .on('access_events')
    .columns(['key_id', 'at', 'id'])
    .execute();
  await schema
    .createIndex('access_events_by_owner')
    .on('access_events')
    .columns(['owner_id', 'at', 'id'])
    .execute();
}

async function extendAuditTrail(database: Kysely<Tables>, { text }: ColumnTypes): Promise<void> {
  const { schema } = database;
  await schema.alterTable('audit_events').addColumn('actor_id', text).execute();
  // PostgreSQL needs a cast from text to JSON.
  const payload = text === 'text' ? sql`payload` : sql`payload::json`;
  await database
    .updateTable('audit_events')
    .set({ actor_id: sql<string | null>`${payload} -> 'actor' ->> 'id'` })
    .execute();
  await schema
    .createIndex('audit_events_by_actor')
    .on('audit_events')
    .columns(['actor_id', 'sequence'])
    .execute();
  await schema.createIndex('audit_events_by_time').on('audit_events').columns(['at', 'sequence']).execute();
}

async function createOnceOnly({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  await schema
    .createTable('idempotency_keys')
    .addColumn('name', text, (column) => column.primaryKey().notNull())
    .addColumn('payload_hash', text, (column) => column.notNull())
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .execute();
  await schema
    .createIndex('idempotency_keys_by_time')
    .on('idempotency_keys')
    .columns(['created_at'])
    .execute();
  await schema
    .createTable('expiry_notices')
    .addColumn('key_id', text, (column) => column.notNull().references('keys.id'))
    .addColumn('expires_at', integer, (column) => column.notNull())
    .addColumn('threshold_seconds', integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('expiry_notices_key', ['key_id', 'expires_at', 'threshold_seconds'])
    .execute();
  await schema
    .createTable('nonces')
    .addColumn('name', text, (column) => column.primaryKey().notNull())
    .addColumn('expires_at', integer, (column) => column.notNull())
    .execute();
  await schema.createIndex('nonces_by_end').on('nonces').columns(['expires_at']).execute();
}
