import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MediaError, errorMessage } from '@media-network/runtime';
import { Kysely, PostgresDialect } from 'kysely';
import type { Dialect } from 'kysely';
import { migrate } from './migrations.ts';
import type { Tables } from './tables.ts';

/** What a platform knows, behind SQL. Queries are Kysely's; both databases pass the same tests. */
export type Store = Kysely<Tables>;

/** Connections to PostgreSQL at once. */
const MOST_CONNECTIONS = 10;

/**
 * Opens a file of SQLite, or a PostgreSQL by its URL (`postgres://user@host/name`), with the tables that the code expects.
 * Throws `express/no-database`.
 */
export async function openStore(where: string): Promise<Store> {
  try {
    const store = new Kysely<Tables>({ dialect: await dialectOf(where) });
    await migrate(store);
    return store;
  } catch (error) {
    throw new MediaError({
      code: 'express/no-database',
      // The URL has a password in it, the file's name has none.
      message: `The database cannot be used: ${errorMessage(error)}.`,
      hint: 'Another server may have it open. Look at --database.',
      source: 'internal',
      cause: error,
    });
  }
}

async function dialectOf(where: string): Promise<Dialect> {
  if (!/^postgres(?:ql)?:\/\//.test(where)) {
    await mkdir(dirname(where), { recursive: true, mode: 0o700 });
    const { nodeSqliteDialect } = await import('./node-sqlite.ts');
    return nodeSqliteDialect(where);
  }
  const { default: pg } = await import('pg');
  const { types } = pg;
  // PostgreSQL's 64-bit integers come as text, for they may be above 2^53; ours are milliseconds and counts.
  const pool = new pg.Pool({
    connectionString: where,
    max: MOST_CONNECTIONS,
    types: {
      getTypeParser: (id, format) => (id === types.builtins.INT8 ? Number : types.getTypeParser(id, format)),
    },
  });
  // A connection that breaks while nobody uses it: the next query gets another.
  pool.on('error', () => undefined);
  return new PostgresDialect({ pool });
}
