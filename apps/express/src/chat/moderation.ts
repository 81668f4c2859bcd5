import { randomUUID } from 'node:crypto';
import type { Clock } from '@media-network/runtime';
import { foldText } from '../clean-text.ts';
import type { Store } from '../store/open-store.ts';

export interface Sanction {
  readonly address: string;
  /** Unix milliseconds; undefined for good. */
  readonly untilMs: number | undefined;
}

export interface Report {
  readonly id: string;
  readonly channel: string;
  readonly messageId: number | null;
  readonly reporter: string;
  readonly reason: string;
  readonly atMs: number;
  readonly settled: string | null;
}

export interface Act {
  readonly by: string;
  readonly kind: string;
  readonly subject: string;
  readonly atMs: number;
}

export type ActKind =
  | 'delete'
  | 'time-out'
  | 'ban'
  | 'pardon'
  | 'words'
  | 'settle'
  | 'moderator'
  | 'take-down';

/** What moderators decide, kept for as long as the channel. Every act is written down with whoever did it. */
export interface Moderation {
  sanctions(channel: string): Promise<readonly Sanction[]>;
  sanction(channel: string, sanction: Sanction, by: string): Promise<void>;
  pardon(channel: string, address: string, by: string): Promise<void>;
  words(channel: string): Promise<readonly string[]>;
  setWords(channel: string, words: readonly string[], by: string): Promise<void>;
  moderators(channel: string): Promise<readonly string[]>;
  setModerator(channel: string, address: string, is: boolean, by: string): Promise<void>;
  report(report: Pick<Report, 'channel' | 'messageId' | 'reporter' | 'reason'>): Promise<string>;
  reports(channel: string): Promise<readonly Report[]>;
  settle(channel: string, id: string, outcome: string, by: string): Promise<boolean>;
  acted(channel: string, kind: ActKind, subject: string, by: string): Promise<void>;
  acts(channel: string): Promise<readonly Act[]>;
}

/** Of a list that people look through. */
const MOST_LISTED = 200;

export function createModeration({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Clock;
}): Moderation {
  /** Written with what it tells of, in one transaction where that is kept too. */
  const note = async (
    into: Store,
    channel: string,
    kind: ActKind,
    subject: string,
    by: string,
  ): Promise<void> => {
    const row = { id: randomUUID(), channel, by_address: by, kind, subject, at_ms: clock.nowMs() };
    await into.insertInto('acts').values(row).execute();
  };

  return {
    async sanctions(channel) {
      const rows = await store
        .selectFrom('sanctions')
        .select(['address', 'until_ms'])
        .where('channel', '=', channel)
        .where((build) => build.or([build('until_ms', 'is', null), build('until_ms', '>', clock.nowMs())]))
        .execute();
      return rows.map(({ address, until_ms }) => ({ address, untilMs: until_ms ?? undefined }));
    },

    async sanction(channel, { address, untilMs }, by) {
      const set = { until_ms: untilMs ?? null, by_address: by, at_ms: clock.nowMs() };
      await store.transaction().execute(async (all) => {
        await all
          .insertInto('sanctions')
          .values({ channel, address, ...set })
          .onConflict((conflict) => conflict.columns(['channel', 'address']).doUpdateSet(set))
          .execute();
        await note(all, channel, untilMs === undefined ? 'ban' : 'time-out', address, by);
      });
    },

    async pardon(channel, address, by) {
      await store.transaction().execute(async (all) => {
        await all
          .deleteFrom('sanctions')
          .where('channel', '=', channel)
          .where('address', '=', address)
          .execute();
        await note(all, channel, 'pardon', address, by);
      });
    },

    async words(channel) {
      const rows = await store
        .selectFrom('words')
        .select('word')
        .where('channel', '=', channel)
        .orderBy('word')
        .execute();
      return rows.map(({ word }) => word);
    },

    async setWords(channel, words, by) {
      const folded = [...new Set(words.map((word) => foldText(word).trim()))].filter((word) => word !== '');
      await store.transaction().execute(async (all) => {
        await all.deleteFrom('words').where('channel', '=', channel).execute();
        if (folded.length > 0)
          await all
            .insertInto('words')
            .values(folded.map((word) => ({ channel, word })))
            .execute();
        await note(all, channel, 'words', `${folded.length}`, by);
      });
    },

    async moderators(channel) {
      const rows = await store
        .selectFrom('moderators')
        .select('address')
        .where('channel', '=', channel)
        .orderBy('address')
        .execute();
      return rows.map(({ address }) => address);
    },

    async setModerator(channel, address, is, by) {
      await store.transaction().execute(async (all) => {
        if (is)
          await all
            .insertInto('moderators')
            .values({ channel, address })
            .onConflict((conflict) => conflict.columns(['channel', 'address']).doNothing())
            .execute();
        else
          await all
            .deleteFrom('moderators')
            .where('channel', '=', channel)
            .where('address', '=', address)
            .execute();
        await note(all, channel, 'moderator', address, by);
      });
    },

    async report({ channel, messageId, reporter, reason }) {
      const id = randomUUID();
      await store
        .insertInto('reports')
        .values({
          id,
          channel,
          message_id: messageId,
          reporter,
          reason,
          at_ms: clock.nowMs(),
          settled: null,
        })
        .execute();
      return id;
    },

    async reports(channel) {
      const rows = await store
        .selectFrom('reports')
        .selectAll()
        .where('channel', '=', channel)
        .orderBy('at_ms', 'desc')
        .limit(MOST_LISTED)
        .execute();
      return rows.map(({ id, message_id, reporter, reason, at_ms, settled }) => ({
        id,
        channel,
        messageId: message_id,
        reporter,
        reason,
        atMs: at_ms,
        settled,
      }));
    },

    async settle(channel, id, outcome, by) {
      return store.transaction().execute(async (all) => {
        const { numUpdatedRows } = await all
          .updateTable('reports')
          .set({ settled: outcome })
          .where('channel', '=', channel)
          .where('id', '=', id)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows === 0n) return false;
        await note(all, channel, 'settle', id, by);
        return true;
      });
    },

    async acted(channel, kind, subject, by) {
      await note(store, channel, kind, subject, by);
    },

    async acts(channel) {
      const rows = await store
        .selectFrom('acts')
        .selectAll()
        .where('channel', '=', channel)
        .orderBy('at_ms', 'desc')
        .limit(MOST_LISTED)
        .execute();
      return rows.map(({ by_address, kind, subject, at_ms }) => ({
        by: by_address,
        kind,
        subject,
        atMs: at_ms,
      }));
    },
  };
}
