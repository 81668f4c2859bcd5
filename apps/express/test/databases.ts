import { randomBytes } from 'node:crypto';

/**
 * Which database tests run on: a file of SQLite, or, with the URL of a PostgreSQL in MEDIA_TEST_POSTGRES, a database of its own there
 * for each test, which ends with it.
 */
const POSTGRES = process.env['MEDIA_TEST_POSTGRES'];

export async function testDatabase(
  atEnd: (close: () => Promise<unknown>) => void,
): Promise<string | undefined> {
  if (POSTGRES === undefined) return undefined;
  const { default: pg } = await import('pg');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const admin = new pg.Client({ connectionString: POSTGRES });
  await admin.connect();
  await admin.query(`create database ${name}`);
  atEnd(async () => {
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });
  const url = new URL(POSTGRES);
  url.pathname = `/${name}`;
  return url.href;
}
