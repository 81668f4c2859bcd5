import type { Clock } from '@media-network/runtime';
import type { Store } from '../store/open-store.ts';

export interface Message {
  readonly id: number;
  readonly channel: string;
  /** Address of whoever wrote it. */
  readonly author: string;
  /** How they were called then. */
  readonly name: string;
  readonly text: string;
  readonly atMs: number;
}

/** Messages of all chats. */
export interface MessageLog {
  /** Resolves when it is on the disk: only then may anybody be told of it. Rejects where the disk failed. */
  append(message: Omit<Message, 'id' | 'atMs'>): Promise<Message>;
  /** The newest, oldest first; without what was taken away. */
  recent(channel: string, most: number): Promise<readonly Message[]>;
  /** Undefined where there is none, or it was taken away. */
  find(channel: string, id: number): Promise<Omit<Message, 'name'> | undefined>;
  /** False where there is none, or it was taken away before. */
  remove(channel: string, id: number, by: string): Promise<boolean>;
}

/** In one commit. SQLite takes 32,766 values in a statement. */
const MOST_IN_ONE = 500;
/** Ids begin with the time, with room for as many messages in a millisecond; below 2^53 until the year 2255. */
const IDS_PER_MS = 1_000;

interface Waiting {
  readonly message: Message;
  readonly done: (message: Message) => void;
  readonly failed: (error: unknown) => void;
}

/** What comes while a commit is under way goes into the next one together: a commit waits for the disk, messages need not. */
export async function openMessageLog({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Clock;
}): Promise<MessageLog> {
  const newest = await store
    .selectFrom('messages')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirst();
  let lastId = newest?.id ?? 0;
  const waiting: Waiting[] = [];
  let writing = false;

  async function write(): Promise<void> {
    if (writing) return;
    writing = true;
    try {
      while (waiting.length > 0) {
        // Whoever speaks in this turn of the loop is in this commit.
        await new Promise(setImmediate);
        const batch = waiting.splice(0, MOST_IN_ONE);
        try {
          await store
            .insertInto('messages')
            .values(
              batch.map(({ message: { id, channel, author, text, atMs } }) => ({
                id,
                channel,
                author,
                text,
                at_ms: atMs,
                deleted_by: null,
              })),
            )
            .execute();
          for (const { done, message } of batch) done(message);
        } catch (error) {
          for (const { failed } of batch) failed(error);
        }
      }
    } finally {
      writing = false;
    }
  }

  return {
    append(said) {
      const atMs = clock.nowMs();
      lastId = Math.max(lastId + 1, atMs * IDS_PER_MS);
      const message = { ...said, id: lastId, atMs };
      return new Promise((done, failed) => {
        waiting.push({ message, done, failed });
        void write();
      });
    },

    async recent(channel, most) {
      const rows = await store
        .selectFrom('messages')
        .innerJoin('accounts', 'accounts.address', 'messages.author')
        .select(['messages.id', 'messages.author', 'messages.text', 'messages.at_ms', 'accounts.name'])
        .where('messages.channel', '=', channel)
        .where('messages.deleted_by', 'is', null)
        .orderBy('messages.id', 'desc')
        .limit(most)
        .execute();
      return rows
        .toReversed()
        .map(({ id, author, text, at_ms, name }) => ({ id, channel, author, name, text, atMs: at_ms }));
    },

    async find(channel, id) {
      const row = await store
        .selectFrom('messages')
        .select(['author', 'text', 'at_ms'])
        .where('channel', '=', channel)
        .where('id', '=', id)
        .where('deleted_by', 'is', null)
        .executeTakeFirst();
      return row === undefined
        ? undefined
        : { id, channel, author: row.author, text: row.text, atMs: row.at_ms };
    },

    async remove(channel, id, by) {
      const { numUpdatedRows } = await store
        .updateTable('messages')
        .set({ deleted_by: by })
        .where('channel', '=', channel)
        .where('id', '=', id)
        .where('deleted_by', 'is', null)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
  };
}
