import { DatabaseSync } from 'node:sqlite';
import { deserialize, serialize } from 'node:v8';
import { MediaError, errorMessage } from '@media-network/runtime';
import { decodeBase58, encodeBase58 } from '../codec/base58.ts';
import type { TransactionErrorJson } from '../svm/transaction-error.ts';
import type { LandedTransaction } from './record.ts';

export interface SignatureEntry {
  readonly seq: number;
  readonly signature: string;
  readonly slot: bigint;
  readonly unixTimestamp: bigint;
  readonly error: TransactionErrorJson | null;
  readonly memo: string | null;
}

/**
 * The index signature → transaction and address → signatures, on disk (SQLite), or in memory without a folder.
 * It is derived: what the log holds beyond `lastSeq` is inserted again on open, so its own writes need no sync.
 */
export interface History {
  readonly lastSeq: number;
  /** How many transactions it holds. */
  readonly count: number;
  /** The chain it is of; undefined until `bind`, and of indexes made by earlier versions. */
  readonly genesisHash: string | undefined;
  bind(genesisHash: string): void;
  signatureAt(seq: number): string | undefined;
  /** Forgets transactions with higher numbers. */
  discardAfter(seq: number): void;
  insert(landed: readonly LandedTransaction[]): void;
  has(signature: string): boolean;
  get(signature: string): LandedTransaction | undefined;
  /** The transactions of a slot in the order they landed. */
  ofSlot(slot: bigint): LandedTransaction[];
  /** How many transactions of the same slot landed before this one. */
  indexInSlot(entry: { readonly seq: number; readonly slot: bigint }): number;
  /** Transactions from the slot `from` on, counted by groups of `size` slots; groups are numbered from slot 0. */
  countBySlots(size: number, from: bigint): ReadonlyMap<number, number>;
  /** Newest first; `before` and `until` are signatures, both exclusive; one that is unknown is no bound. */
  ofAddress(address: string, query: { before?: string; until?: string; limit: number }): SignatureEntry[];
  /** Makes all rows durable; needed before the log that holds them goes. */
  checkpoint(): void;
  close(): void;
}

const bytesOf = (signature: string): Uint8Array => decodeBase58(signature) ?? new Uint8Array();

function bodyOf(value: unknown): LandedTransaction {
  return deserialize(value as Uint8Array) as LandedTransaction; // only insert writes this column
}

function openDatabase(path: string | undefined): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path ?? ':memory:');
    db.exec(SCHEMA);
    return db;
  } catch (error) {
    db?.close();
    const full = /disk is full/.test(errorMessage(error));
    throw new MediaError({
      code: full ? 'localnet/disk-full' : 'localnet/history-corrupt',
      message: full
        ? `The disk that holds ${path} is full. Free some space and start again.`
        : `The index ${path} cannot be read (${errorMessage(error)}). Restore it from a copy, or remove it: it is made anew from the log, without transactions older than the last snapshot.`,
      source: 'internal',
      retry: full,
      context: { path },
      cause: error,
    });
  }
}

const SCHEMA = `
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS tx (
      seq INTEGER PRIMARY KEY, signature BLOB NOT NULL UNIQUE, slot INTEGER NOT NULL, time INTEGER NOT NULL,
      err TEXT, memo TEXT, body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS address (
      address TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (address, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS tx_slot ON tx (slot);
    CREATE INDEX IF NOT EXISTS address_seq ON address (seq);
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  `;

/** Throws `localnet/history-corrupt`, `localnet/disk-full`. */
export function openHistory(path: string | undefined, maxTransactions: number | undefined): History {
  const db = openDatabase(path);
  const insertTx = db.prepare('INSERT INTO tx VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertAddress = db.prepare('INSERT OR IGNORE INTO address VALUES (?, ?)');
  const selectBody = db.prepare('SELECT body FROM tx WHERE signature = ?');
  const selectSeq = db.prepare('SELECT seq FROM tx WHERE signature = ?');
  const selectOfAddress = db.prepare(`
    SELECT tx.seq, tx.slot, tx.time, tx.err, tx.memo, tx.body FROM address JOIN tx USING (seq)
    WHERE address = ? AND seq < ? AND seq > ? ORDER BY seq DESC LIMIT ?`);
  const selectOfSlot = db.prepare('SELECT body FROM tx WHERE slot = ? ORDER BY seq');
  const countBefore = db.prepare('SELECT count(*) AS n FROM tx WHERE slot = ? AND seq < ?');
  const countGroups = db.prepare(
    'SELECT slot / ? AS g, count(*) AS n FROM tx WHERE slot >= ? GROUP BY slot / ?',
  );
  const selectSignature = db.prepare('SELECT signature FROM tx WHERE seq = ?');
  const selectMeta = db.prepare('SELECT value FROM meta WHERE name = ?');
  const deleteTxAfter = db.prepare('DELETE FROM tx WHERE seq > ?');
  const deleteAddressAfter = db.prepare('DELETE FROM address WHERE seq > ?');
  const deleteTx = db.prepare('DELETE FROM tx WHERE seq <= ?');
  const deleteAddress = db.prepare('DELETE FROM address WHERE seq <= ?');
  const selectLast = db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM tx');
  const selectCount = db.prepare('SELECT count(*) AS n FROM tx');
  let lastSeq = 0;
  let count = 0;
  const recount = (): void => {
    lastSeq = Number(selectLast.get()?.['seq'] ?? 0);
    count = Number(selectCount.get()?.['n'] ?? 0);
  };
  recount();

  const seqOfSignature = (signature: string | undefined, fallback: number): number =>
    signature === undefined ? fallback : Number(selectSeq.get(bytesOf(signature))?.['seq'] ?? fallback);

  return {
    get lastSeq() {
      return lastSeq;
    },
    get count() {
      return count;
    },
    get genesisHash() {
      const value = selectMeta.get('genesis')?.['value'];
      return typeof value === 'string' ? value : undefined;
    },
    bind(genesisHash) {
      db.prepare("INSERT OR REPLACE INTO meta VALUES ('genesis', ?)").run(genesisHash);
    },
    signatureAt(seq) {
      const bytes = selectSignature.get(seq)?.['signature'];
      return bytes instanceof Uint8Array ? encodeBase58(bytes) : undefined;
    },
    discardAfter(seq) {
      db.exec('BEGIN');
      deleteTxAfter.run(seq);
      deleteAddressAfter.run(seq);
      db.exec('COMMIT');
      recount();
    },
    insert(landed) {
      if (landed.length === 0) return;
      db.exec('BEGIN');
      try {
        for (const tx of landed) {
          const error = tx.meta.error === null ? null : JSON.stringify(tx.meta.error);
          insertTx.run(
            tx.seq,
            bytesOf(tx.signature),
            tx.slot,
            tx.unixTimestamp,
            error,
            tx.memo,
            serialize(tx),
          );
          for (const key of tx.keys) insertAddress.run(key, tx.seq);
        }
        count += landed.length;
        const newest = landed.at(-1)?.seq ?? lastSeq;
        if (maxTransactions !== undefined && count > maxTransactions * 1.1) {
          deleteTx.run(newest - maxTransactions);
          deleteAddress.run(newest - maxTransactions);
          count = maxTransactions;
        }
        db.exec('COMMIT');
        lastSeq = newest;
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
    has: (signature) => selectSeq.get(bytesOf(signature)) !== undefined,
    ofSlot: (slot) => selectOfSlot.all(slot).map((row) => bodyOf(row['body'])),
    indexInSlot: ({ seq, slot }) => Number(countBefore.get(slot, seq)?.['n'] ?? 0),
    countBySlots(size, from) {
      const whole = BigInt(size); // a number would be bound as a float, and slots divided as such
      return new Map(countGroups.all(whole, from, whole).map((row) => [Number(row['g']), Number(row['n'])]));
    },
    get(signature) {
      const row = selectBody.get(bytesOf(signature));
      return row === undefined ? undefined : bodyOf(row['body']);
    },
    ofAddress(address, { before, until, limit }) {
      const rows = selectOfAddress.all(
        address,
        seqOfSignature(before, Number.MAX_SAFE_INTEGER),
        seqOfSignature(until, 0),
        limit,
      );
      return rows.map((row) => {
        const body = bodyOf(row['body']);
        return {
          seq: body.seq,
          signature: body.signature,
          slot: body.slot,
          unixTimestamp: body.unixTimestamp,
          error: body.meta.error,
          memo: row['memo'] === null ? null : String(row['memo']),
        };
      });
    },
    checkpoint() {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
    close() {
      db.close();
    },
  };
}
