import { createHash } from 'node:crypto';
import { fromHex } from '@media-network/protocol';
import {
  AUDIENCE_WINDOW_SECS,
  BEAT_SECS,
  MAX_VIEWERS,
  audienceMessage,
  audienceRoot,
  audienceWindow,
  viewingFault,
  viewingPassMessage,
} from '@media-network/protocol/audience';
import type { AudienceEvidence, Viewing } from '@media-network/protocol/audience';
import type { Clock } from '@media-network/runtime';
import { callerOf } from '@media-network/runtime/daemon';
import type { PublisherKey } from '@media-network/server/parts';
import { createBuckets } from '../bucket.ts';
import { refuse } from '../refusal.ts';
import type { Refusal } from '../refusal.ts';
import type { Store } from '../store/open-store.ts';

export interface PublishedWindow {
  readonly window: number;
  readonly attested: number;
  readonly claimed: number;
  readonly root: string;
}

/** Who watches, counted from what viewers' players sign, and published so that anybody can count again. */
export interface Audience {
  /** Lets a player be counted in this hour; so many of one network address. */
  pass(
    channel: string,
    clientKey: string,
    remoteAddress: string,
  ): { readonly hour: number; readonly pass: string } | Refusal;
  beat(channel: string, window: number, viewing: Viewing): Promise<Refusal | undefined>;
  /** Viewers whose heartbeats came lately. */
  now(channel: string): number;
  /** Publishes the windows that are over. */
  publish(): Promise<void>;
  windows(channel: string): Promise<readonly PublishedWindow[]>;
  evidence(channel: string, window: number): Promise<AudienceEvidence | undefined>;
}

export interface AudienceDeps {
  readonly clock: Clock;
  readonly store: Store;
  /** The site's own. */
  readonly key: PublisherKey;
  /** What the host counts by itself: open pages of a channel. */
  readonly claimed: (channel: string) => number;
}

/** Heartbeats are late by a network's ways. */
const GRACE_MS = 10_000;
/** Two and a half heartbeats: one may be lost. */
const LATELY_MS = 2.5 * BEAT_SECS * 1_000;
/** A day. */
const MOST_LISTED = 288;
/** Evidence is kept for so long. */
const KEPT_MS = 7 * 24 * 3_600_000;

interface Window {
  readonly viewings: Map<string, Viewing>;
  /** The most that were claimed at once. */
  claimed: number;
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

export function createAudience(
  { clock, store, key, claimed }: AudienceDeps,
  { viewersPerAddress }: { readonly viewersPerAddress: number },
): Audience {
  const open = new Map<string, Map<number, Window>>();
  /** When a session's last heartbeat came, by channel. */
  const lately = new Map<string, Map<string, number>>();
  const passes = createBuckets({ clock }, { burst: viewersPerAddress, perSecond: viewersPerAddress / 3_600 });

  function windowOf(channel: string, number: number): Window {
    const ofChannel = open.get(channel) ?? new Map<number, Window>();
    open.set(channel, ofChannel);
    const found = ofChannel.get(number) ?? { viewings: new Map(), claimed: 0 };
    ofChannel.set(number, found);
    return found;
  }

  async function publishOne(channel: string, number: number, window: Window): Promise<void> {
    const viewings = [...window.viewings.values()];
    const statement = {
      channel,
      window: number,
      root: audienceRoot(viewings, sha256),
      attested: viewings.length,
      claimed: Math.max(window.claimed, viewings.length),
    };
    const signature = Buffer.from(key.sign(audienceMessage(statement))).toString('hex');
    const evidence: AudienceEvidence = { ...statement, site: key.address, signature, viewings };
    await store
      .insertInto('audiences')
      .values({
        channel,
        window_number: number,
        attested: statement.attested,
        claimed: statement.claimed,
        root: statement.root,
        evidence: JSON.stringify(evidence),
      })
      // A window is published once: what comes after a restart in the middle of one is not counted.
      .onConflict((conflict) => conflict.columns(['channel', 'window_number']).doNothing())
      .execute();
  }

  return {
    pass(channel, clientKey, remoteAddress) {
      const bytes = fromHex(clientKey, 32);
      if (bytes === undefined) return refuse('express/bad-beat');
      if (!passes.take(callerOf(remoteAddress))) return refuse('express/too-many-requests');
      const hour = Math.floor(clock.nowMs() / 3_600_000);
      const signed = key.sign(viewingPassMessage(channel, bytes, hour));
      return { hour, pass: Buffer.from(signed).toString('hex') };
    },

    async beat(channel, number, viewing) {
      const nowMs = clock.nowMs();
      const isNow = number === audienceWindow(nowMs) || number === audienceWindow(nowMs - GRACE_MS / 2);
      if (!isNow) return refuse('express/bad-beat');
      const fault = await viewingFault(viewing, { channel, window: number, site: key.address });
      if (fault !== undefined) return refuse('express/bad-beat', fault);
      // No more than the time that has passed in the window allows.
      const passedSecs = nowMs / 1_000 - number * AUDIENCE_WINDOW_SECS;
      if (viewing.beats > passedSecs / BEAT_SECS + 2) return refuse('express/bad-beat', 'too soon');
      const { viewings } = windowOf(channel, number);
      const before = viewings.get(viewing.clientKey);
      if (before === undefined && viewings.size >= MAX_VIEWERS) return refuse('express/too-many-requests');
      if (before === undefined || before.beats < viewing.beats) viewings.set(viewing.clientKey, viewing);
      const seen = lately.get(channel) ?? new Map<string, number>();
      lately.set(channel, seen);
      seen.set(viewing.clientKey, nowMs);
      return undefined;
    },

    now(channel) {
      const since = clock.nowMs() - LATELY_MS;
      let count = 0;
      for (const at of lately.get(channel)?.values() ?? []) if (at >= since) count += 1;
      return count;
    },

    async publish() {
      const nowMs = clock.nowMs();
      const ending = audienceWindow(nowMs - GRACE_MS);
      for (const [channel, windows] of open) {
        const current = windows.get(audienceWindow(nowMs));
        if (current !== undefined) current.claimed = Math.max(current.claimed, claimed(channel));
        for (const [number, window] of windows) {
          if (number >= ending) continue;
          await publishOne(channel, number, window);
          windows.delete(number);
        }
        if (windows.size === 0) open.delete(channel);
      }
      for (const [channel, seen] of lately) {
        for (const [client, at] of seen) if (at < nowMs - LATELY_MS) seen.delete(client);
        if (seen.size === 0) lately.delete(channel);
      }
      await store
        .deleteFrom('audiences')
        .where('window_number', '<', audienceWindow(nowMs - KEPT_MS))
        .execute();
    },

    async windows(channel) {
      const rows = await store
        .selectFrom('audiences')
        .select(['window_number', 'attested', 'claimed', 'root'])
        .where('channel', '=', channel)
        .orderBy('window_number', 'desc')
        .limit(MOST_LISTED)
        .execute();
      return rows.map(({ window_number, attested, claimed, root }) => ({
        window: window_number,
        attested,
        claimed,
        root,
      }));
    },

    async evidence(channel, window) {
      const row = await store
        .selectFrom('audiences')
        .select('evidence')
        .where('channel', '=', channel)
        .where('window_number', '=', window)
        .executeTakeFirst();
      // As it was written by `publishOne`.
      return row === undefined ? undefined : (JSON.parse(row.evidence) as AudienceEvidence);
    },
  };
}
