import { createHash } from 'node:crypto';
import type { Clock } from '@media-network/runtime';
import { isChannelName, newStreamKey } from '@media-network/server/parts';
import { refuse } from '../refusal.ts';
import type { Refusal } from '../refusal.ts';
import type { Store } from '../store/open-store.ts';
import type { ChannelRow } from '../store/tables.ts';
import { CATEGORIES } from './categories.ts';

export interface Channel {
  readonly name: string;
  readonly owner: string;
  readonly title: string;
  readonly category: string;
  readonly hasKey: boolean;
  /** Unix milliseconds; 0 for never. */
  readonly airedMs: number;
  readonly slowSeconds: number;
  readonly followersOnly: boolean;
  /** Why it may not be shown. */
  readonly takenDown: string | null;
}

export interface ChannelChange {
  readonly title?: string | undefined;
  readonly category?: string | undefined;
  readonly slowSeconds?: number | undefined;
  readonly followersOnly?: boolean | undefined;
}

export interface ChannelPage {
  readonly channels: readonly Channel[];
  /** Where the next page begins; undefined at the end. */
  readonly next: string | undefined;
}

/** Channels and who may go on air in them. */
export interface Channels {
  create(owner: string, name: string, title: string, category: string): Promise<Channel | Refusal>;
  find(name: string): Promise<Channel | undefined>;
  ofOwner(owner: string): Promise<readonly Channel[]>;
  change(name: string, change: ChannelChange): Promise<Channel | undefined>;
  /** A new stream key; the one before opens nothing from then on. Shown once: its hash is kept. */
  newKey(name: string): Promise<string>;
  revokeKey(name: string): Promise<void>;
  /** The channel that a stream key opens. */
  ofKey(key: string): Promise<Channel | undefined>;
  aired(name: string): Promise<void>;
  /** Those of `names`, of a category. */
  among(names: readonly string[], category: string | undefined): Promise<readonly Channel[]>;
  /** What was on air last comes first. */
  page(wish: {
    readonly category: string | undefined;
    readonly search: string | undefined;
    readonly after: string | undefined;
    readonly most: number;
  }): Promise<ChannelPage>;
  takeDown(name: string, reason: string | null): Promise<void>;
}

const MOST_CHANNELS = 10;
/** Paths of the site itself. */
const RESERVED: ReadonlySet<string> = new Set(['api', 'admin', 'live', 'watch', 'studio', 'assets']);
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const searchOf = (name: string, title: string, category: string): string =>
  `${name} ${title} ${category}`.toLowerCase();

const channelOf = (row: ChannelRow): Channel => ({
  name: row.name,
  owner: row.owner,
  title: row.title,
  category: row.category,
  hasKey: row.key_hash !== null,
  airedMs: row.aired_ms,
  slowSeconds: row.slow_seconds,
  followersOnly: row.followers_only !== 0,
  takenDown: row.taken_down,
});

export function createChannels({ store, clock }: { readonly store: Store; readonly clock: Clock }): Channels {
  const find = async (name: string): Promise<Channel | undefined> => {
    const row = await store.selectFrom('channels').selectAll().where('name', '=', name).executeTakeFirst();
    return row === undefined ? undefined : channelOf(row);
  };

  return {
    find,
    async create(owner, name, title, category) {
      if (!isChannelName(name) || RESERVED.has(name))
        return refuse('express/bad-request', 'A name has 1 to 32 letters a to z, digits and hyphens.');
      if (!CATEGORIES.includes(category)) return refuse('express/bad-request', 'There is no such category.');
      const { count } = await store
        .selectFrom('channels')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('owner', '=', owner)
        .executeTakeFirstOrThrow();
      if (count >= MOST_CHANNELS) return refuse('express/too-many-channels');
      const row = {
        name,
        owner,
        title,
        category,
        search: searchOf(name, title, category),
        key_hash: null,
        key_made_ms: null,
        created_ms: clock.nowMs(),
        aired_ms: 0,
        slow_seconds: 0,
        followers_only: 0,
        taken_down: null,
      };
      const made = await store
        .insertInto('channels')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returning('name')
        .executeTakeFirst();
      return made === undefined ? refuse('express/channel-taken') : channelOf(row);
    },

    async ofOwner(owner) {
      const rows = await store
        .selectFrom('channels')
        .selectAll()
        .where('owner', '=', owner)
        .orderBy('name')
        .execute();
      return rows.map((row) => channelOf(row));
    },

    async change(name, { title, category, slowSeconds, followersOnly }) {
      const before = await find(name);
      if (before === undefined) return undefined;
      const next = { title: title ?? before.title, category: category ?? before.category };
      await store
        .updateTable('channels')
        .set({
          ...next,
          search: searchOf(name, next.title, next.category),
          slow_seconds: slowSeconds ?? before.slowSeconds,
          followers_only: (followersOnly ?? before.followersOnly) ? 1 : 0,
        })
        .where('name', '=', name)
        .execute();
      return find(name);
    },

    async newKey(name) {
      const key = newStreamKey();
      await store
        .updateTable('channels')
        .set({ key_hash: hashOf(key), key_made_ms: clock.nowMs() })
        .where('name', '=', name)
        .execute();
      return key;
    },

    async revokeKey(name) {
      await store
        .updateTable('channels')
        .set({ key_hash: null, key_made_ms: null })
        .where('name', '=', name)
        .execute();
    },

    async ofKey(key) {
      const row = await store
        .selectFrom('channels')
        .selectAll()
        .where('key_hash', '=', hashOf(key))
        .executeTakeFirst();
      return row === undefined ? undefined : channelOf(row);
    },

    async aired(name) {
      await store.updateTable('channels').set({ aired_ms: clock.nowMs() }).where('name', '=', name).execute();
    },

    async among(names, category) {
      if (names.length === 0) return [];
      let query = store
        .selectFrom('channels')
        .selectAll()
        .where('name', 'in', names)
        .where('taken_down', 'is', null);
      if (category !== undefined) query = query.where('category', '=', category);
      return (await query.execute()).map((row) => channelOf(row));
    },

    async page({ category, search, after, most }) {
      let query = store.selectFrom('channels').selectAll().where('taken_down', 'is', null);
      if (category !== undefined) query = query.where('category', '=', category);
      for (const word of (search ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, 5))
        query = query.where('search', 'like', `%${word.replaceAll(/[%_\\]/g, '')}%`);
      const [, airedMs, name] = /^(\d{1,15})\.([a-z0-9-]{1,32})$/.exec(after ?? '') ?? [];
      if (airedMs !== undefined && name !== undefined)
        query = query.where((build) =>
          build.or([
            build('aired_ms', '<', Number(airedMs)),
            build.and([build('aired_ms', '=', Number(airedMs)), build('name', '<', name)]),
          ]),
        );
      const rows = await query
        .orderBy('aired_ms', 'desc')
        .orderBy('name', 'desc')
        .limit(most + 1)
        .execute();
      const channels = rows.slice(0, most).map((row) => channelOf(row));
      const last = channels.at(-1);
      return {
        channels,
        next: rows.length > most && last !== undefined ? `${last.airedMs}.${last.name}` : undefined,
      };
    },

    async takeDown(name, reason) {
      await store.updateTable('channels').set({ taken_down: reason }).where('name', '=', name).execute();
    },
  };
}
