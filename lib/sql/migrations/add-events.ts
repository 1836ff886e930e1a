import type { Migration } from './migration.js';

/** Events on their way: the queue of each receiver, what was not taken yet, and the endpoints that events are sent to. */
export const addEvents: Migration = {
  name: 'events',
  async up({ schema }, { text, integer }) {
    await schema
      .createTable('event_queues')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('cursor', integer, (column) => column.notNull())
      .addColumn('holder', text)
      .addColumn('beat', integer, (column) => column.notNull())
      .execute();
    await schema
      .createTable('event_deliveries')
      .addColumn('queue_id', text, (column) => column.notNull())
      .addColumn('sequence', integer, (column) => column.notNull())
      .addColumn('event_id', text, (column) => column.notNull())
      .addColumn('type', text, (column) => column.notNull())
      .addColumn('subject', text, (column) => column.notNull())
      .addColumn('body', text, (column) => column.notNull())
      .addColumn('attempts', integer, (column) => column.notNull())
      .addColumn('due_at', integer, (column) => column.notNull())
      .addColumn('is_dead', integer, (column) => column.notNull())
      .addColumn('last_status', integer)
      .addColumn('last_error', text)
      .addPrimaryKeyConstraint('event_deliveries_key', ['queue_id', 'sequence'])
      .execute();
    const addIndex = (name: string, columns: readonly string[]): Promise<void> =>
      schema
        .createIndex(name)
        .on('event_deliveries')
        .columns([...columns])
        .execute();
    await addIndex('event_deliveries_by_state', ['queue_id', 'is_dead', 'sequence']);
    await addIndex('event_deliveries_by_subject', ['queue_id', 'subject', 'is_dead', 'sequence']);
    await addIndex('event_deliveries_by_end', ['is_dead', 'due_at']);
    await schema
      .createTable('webhooks')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('url', text, (column) => column.notNull())
      .addColumn('description', text)
      .addColumn('types', text)
      .addColumn('is_enabled', integer, (column) => column.notNull())
      .addColumn('disabled_reason', text)
      .addColumn('secrets', text, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('updated_at', integer, (column) => column.notNull())
      .execute();
  },
};
