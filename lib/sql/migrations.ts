import { sql, type Kysely } from 'kysely';
import type { Tables } from './tables.js';
import { createTokenTables } from './token-tables.js';
import type { ColumnTypes } from './column-types.js';

/** One migration of the schema. Released migrations are never changed; later changes are new migrations at the end. */
export interface Migration {
  readonly name: string;
  up(database: Kysely<Tables>, types: ColumnTypes): Promise<void>;
}

/** In the order in which they are applied; a schema's version is the number of those applied. */
export const migrations: readonly Migration[] = [
  {
    name: 'keys and audit trail',
    async up(database, types) {
      await createKeys(database, types);
      await createCredentials(database, types);
      await createAuditTrail(database, types);
    },
  },
  {
    name: 'instances and use counts',
    async up(database, types) {
      await createInstances(database, types);
      await database.schema
        .alterTable('key_uses')
        .addColumn('use_count', types.integer, (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
  {
    name: 'limits, credits, policies and refusals',
    async up(database, types) {
      await extendKeys(database, types);
      await createUsage(database, types);
      await createAccessEvents(database, types);
      await extendAuditTrail(database, types);
      await createOnceOnly(database, types);
    },
  },
  {
    name: 'tokens and signatures',
    async up(database, types) {
      await createTokenTables(database, types);
      await extendCredentials(database, types);
    },
  },
  {
    name: 'places of processes',
    async up(database, types) {
      await createPlaces(database, types);
    },
  },
  {
    name: 'owners',
    async up(database, types) {
      await createOwners(database, types);
    },
  },
  {
    name: 'members of owners',
    async up(database, types) {
      await addMembers(database, types);
    },
  },
  {
    name: 'personal data apart',
    async up(database, types) {
      await splitPersonalData(database, types);
    },
  },
  {
    name: 'idle keys',
    async up({ schema }, { integer }) {
      await schema.alterTable('keys').addColumn('max_idle_days', integer).execute();
      await schema.alterTable('keys').addColumn('activated_at', integer).execute();
    },
  },
  {
    name: 'plans of owners',
    async up(database, types) {
      await addPlans(database, types);
    },
  },
  {
    name: 'resources of keys',
    async up({ schema }, { text }) {
      await schema.alterTable('keys').addColumn('resources', text).execute();
    },
  },
];

async function createKeys({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  await schema
    .createTable('keys')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('keyspace', text, (column) => column.notNull())
    .addColumn('owner_id', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('description', text)
    .addColumn('scopes', text, (column) => column.notNull())
    .addColumn('environment', text, (column) => column.notNull())
    .addColumn('enabled', integer, (column) => column.notNull())
    .addColumn('revoked_at', integer)
    .addColumn('expires_at', integer)
    .addColumn('ip_allowlist', text)
    .addColumn('metadata', text, (column) => column.notNull())
    .addColumn('hint_prefix', text, (column) => column.notNull())
    .addColumn('hint_last_four', text, (column) => column.notNull())
    .addColumn('version', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('updated_at', integer, (column) => column.notNull())
    .execute();
  await schema.createIndex('keys_by_time').on('keys').columns(['created_at', 'id']).execute();
  await schema.createIndex('keys_by_owner').on('keys').columns(['owner_id', 'created_at', 'id']).execute();
  await schema
    .createTable('key_uses')
    .addColumn('key_id', text, (column) => column.primaryKey().notNull().references('keys.id'))
    .addColumn('last_used_at', integer, (column) => column.notNull())
    .execute();
}

async function createCredentials({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  await schema
    .createTable('credentials')
    .addColumn('key_id', text, (column) => column.notNull().references('keys.id'))
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('position', integer, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('bcrypt_hash', text)
    .addColumn('secret_check', text)
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('ended_at', integer)
    .addColumn('ends_at', integer)
    .addPrimaryKeyConstraint('credentials_key', ['key_id', 'id'])
    .execute();
  await schema
    .createTable('credential_digests')
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('credential_id', text, (column) => column.notNull())
    .addColumn('pepper_id', text, (column) => column.notNull())
    .addColumn('digest', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('credential_digests_key', ['key_id', 'credential_id', 'pepper_id'])
    .addForeignKeyConstraint(
      'credential_digests_of_credential',
      ['key_id', 'credential_id'],
      'credentials',
      ['key_id', 'id'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute();
}

async function createAuditTrail(database: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  const { schema } = database;
  await schema
    .createTable('audit_events')
    .addColumn('sequence', integer, (column) => column.primaryKey().notNull())
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('owner_id', text, (column) => column.notNull())
    .addColumn('action', text, (column) => column.notNull())
    .addColumn('at', integer, (column) => column.notNull())
    .addColumn('payload', text, (column) => column.notNull())
    .addColumn('hash', text, (column) => column.notNull())
    .execute();
  await schema
    .createIndex('audit_events_by_key')
    .on('audit_events')
    .columns(['key_id', 'sequence'])
    .execute();
  await schema
    .createIndex('audit_events_by_owner')
    .on('audit_events')
    .columns(['owner_id', 'sequence'])
    .execute();
  await schema
    .createTable('audit_head')
    .addColumn('id', integer, (column) => column.primaryKey().notNull())
    .addColumn('sequence', integer, (column) => column.notNull())
    .addColumn('hash', text, (column) => column.notNull())
    .execute();
  // The hash that the first entry is chained to, as in lib/ports/audit-chain.ts.
  await database
    .insertInto('audit_head')
    .values({ id: 1, sequence: 0, hash: '0'.repeat(64) })
    .execute();
}

async function createInstances({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  await schema
    .createTable('instances')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('beat', integer, (column) => column.notNull())
    .addColumn('acked', integer, (column) => column.notNull())
    .addColumn('lease_ms', integer, (column) => column.notNull())
    .execute();
}

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

async function extendCredentials({ schema }: Kysely<Tables>, { text }: ColumnTypes): Promise<void> {
  for (const name of ['sealed_secret', 'algorithm', 'spki', 'sha256_fingerprint', 'md5_fingerprint']) {
    await schema.alterTable('credentials').addColumn(name, text).execute();
  }
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

async function createPlaces(database: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  const { schema } = database;
  await schema.alterTable('instances').addColumn('place', text).execute();
  await schema
    .alterTable('instances')
    .addColumn('takes_signatures', integer, (column) => column.notNull().defaultTo(0))
    .execute();
  await schema
    .createTable('signature_place')
    .addColumn('id', integer, (column) => column.primaryKey().notNull())
    .addColumn('place', text)
    .addColumn('since', integer, (column) => column.notNull())
    .execute();
  await database.insertInto('signature_place').values({ id: 1, place: null, since: 0 }).execute();
}

async function createOwners({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  await schema
    .createTable('owners')
    .addColumn('owner_id', text, (column) => column.primaryKey().notNull())
    .addColumn('suspended_at', integer)
    .addColumn('suspension_reason', text)
    .addColumn('version', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('updated_at', integer, (column) => column.notNull())
    .execute();
}

async function addMembers({ schema }: Kysely<Tables>, { text }: ColumnTypes): Promise<void> {
  for (const column of ['kind', 'id', 'member_id', 'member_name']) {
    await schema.alterTable('keys').addColumn(`created_by_${column}`, text).execute();
  }
  await schema.alterTable('audit_events').addColumn('member_id', text).execute();
  await schema
    .createIndex('audit_events_by_member')
    .on('audit_events')
    .columns(['member_id', 'sequence'])
    .execute();
}

/** The address and the request of a change, apart from what the chain of hashes covers; and an index to find grants by their key. */
async function splitPersonalData({ schema }: Kysely<Tables>, { text }: ColumnTypes): Promise<void> {
  await schema.alterTable('audit_events').addColumn('personal', text).execute();
  await schema.createIndex('refresh_grants_by_key').on('refresh_grants').columns(['key_id']).execute();
}

async function addPlans({ schema }: Kysely<Tables>, { text }: ColumnTypes): Promise<void> {
  await schema.alterTable('owners').addColumn('plan', text).execute();
  await schema.alterTable('owners').addColumn('overrides', text).execute();
}
