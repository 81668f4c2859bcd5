import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';
import { SqliteDialect } from 'kysely';

/** Statements that are kept prepared; the code has about a hundred. */
const MOST_STATEMENTS = 500;

/** Values are what the tables' types say: text, numbers and null. */
const valuesOf = (parameters: readonly unknown[]): SQLInputValue[] => [...parameters] as SQLInputValue[];

/**
 * A file by Node's own SQLite: write-ahead log, and every commit on the disk before it is answered (`synchronous = FULL`), so
 * that neither kill -9 nor a power cut takes back what was acknowledged. One process at a time: the file is held by a lock.
 */
export function nodeSqliteDialect(path: string): SqliteDialect {
  const database = new DatabaseSync(path);
  // The lock is taken with the first write below, and kept; a second process is told so.
  database.exec(
    'pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; begin exclusive; commit;',
  );
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const statementOf = (sql: string): ReturnType<DatabaseSync['prepare']> => {
    const found = prepared.get(sql);
    if (found !== undefined) return found;
    // Lists of differing length make new texts: what was prepared first goes.
    if (prepared.size >= MOST_STATEMENTS)
      for (const first of prepared.keys()) {
        prepared.delete(first);
        break;
      }
    const made = database.prepare(sql);
    prepared.set(sql, made);
    return made;
  };
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql) {
        const statement = statementOf(sql);
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...valuesOf(parameters)),
          run: (parameters) => statement.run(...valuesOf(parameters)),
          iterate: (parameters) => statement.iterate(...valuesOf(parameters)),
        };
      },
    },
  });
}
