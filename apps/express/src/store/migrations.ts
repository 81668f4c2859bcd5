import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Migration } from 'kysely/migration';

/** By name, in their order. Append-only: what has run somewhere is never changed. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '001-channels-and-chat': {
    // A migration knows the tables as they were then, not as the types say they are now.
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('accounts')
        .addColumn('address', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('created_ms', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('challenges')
        .addColumn('nonce', 'text', (column) => column.primaryKey())
        .addColumn('address', 'text', (column) => column.notNull())
        .addColumn('message', 'text', (column) => column.notNull())
        .addColumn('expires_ms', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('sessions')
        .addColumn('token_hash', 'text', (column) => column.primaryKey())
        .addColumn('address', 'text', (column) => column.notNull())
        .addColumn('expires_ms', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('channels')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('owner', 'text', (column) => column.notNull())
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('category', 'text', (column) => column.notNull())
        .addColumn('search', 'text', (column) => column.notNull())
        .addColumn('key_hash', 'text', (column) => column.unique())
        .addColumn('key_made_ms', 'bigint')
        .addColumn('created_ms', 'bigint', (column) => column.notNull())
        .addColumn('aired_ms', 'bigint', (column) => column.notNull())
        .addColumn('slow_seconds', 'integer', (column) => column.notNull())
        .addColumn('followers_only', 'integer', (column) => column.notNull())
        .addColumn('taken_down', 'text')
        .execute();
      await db.schema.createIndex('channels_by_owner').on('channels').column('owner').execute();
      await db.schema.createIndex('channels_by_aired').on('channels').columns(['aired_ms', 'name']).execute();
      await db.schema
        .createTable('follows')
        .addColumn('address', 'text', (column) => column.notNull())
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('follows_key', ['channel', 'address'])
        .execute();
      await db.schema
        .createTable('messages')
        .addColumn('id', 'bigint', (column) => column.primaryKey())
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('author', 'text', (column) => column.notNull())
        .addColumn('text', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('deleted_by', 'text')
        .execute();
      await db.schema.createIndex('messages_of_channel').on('messages').columns(['channel', 'id']).execute();
      await db.schema
        .createTable('sanctions')
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('address', 'text', (column) => column.notNull())
        .addColumn('until_ms', 'bigint')
        .addColumn('by_address', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('sanctions_key', ['channel', 'address'])
        .execute();
      await db.schema
        .createTable('words')
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('word', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('words_key', ['channel', 'word'])
        .execute();
      await db.schema
        .createTable('moderators')
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('address', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('moderators_key', ['channel', 'address'])
        .execute();
      await db.schema
        .createTable('reports')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('message_id', 'bigint')
        .addColumn('reporter', 'text', (column) => column.notNull())
        .addColumn('reason', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('settled', 'text')
        .execute();
      await db.schema.createIndex('reports_of_channel').on('reports').columns(['channel', 'at_ms']).execute();
      await db.schema
        .createTable('acts')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('by_address', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('subject', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('acts_of_channel').on('acts').columns(['channel', 'at_ms']).execute();
      await db.schema
        .createTable('audiences')
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('window_number', 'bigint', (column) => column.notNull())
        .addColumn('attested', 'integer', (column) => column.notNull())
        .addColumn('claimed', 'integer', (column) => column.notNull())
        .addColumn('root', 'text', (column) => column.notNull())
        .addColumn('evidence', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('audiences_key', ['channel', 'window_number'])
        .execute();
    },
  },
};

/** Brings a database to what the code expects; two servers that start at once wait for each other. */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  await sql`select 1`.execute(db);
}
