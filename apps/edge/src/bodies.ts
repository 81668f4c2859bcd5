import { join } from 'node:path';
import { openCacheStore } from '@media-network/http-cache';
import type { CacheStore, Fill, OnDisturbed, OnVoided } from '@media-network/http-cache';
import type { SignBytes } from '@media-network/protocol';
import type { Clock, Log, Scope } from '@media-network/runtime';
import { isLoopbackHost } from '@media-network/runtime/daemon';
import type { EdgeChain } from './chain/edge-chain.ts';
import type { EdgeConfig } from './config.ts';
import { workersBytes } from './data-plane.ts';
import type { EdgeOverrides } from './edge-api.ts';
import { createFileThread } from './files/file-thread.ts';
import { createPlaceClient } from './origin/origin-client.ts';
import type { PlaceClient } from './origin/origin-client.ts';
import { createEntryKeys } from './serve/entry-keys.ts';
import type { EntryKeys } from './serve/entry-keys.ts';
import { isReceived } from './serve/received.ts';
import { createSettingsKeys } from './tenant/settings-keys.ts';
import type { SettingsKeys, SettingsKeysDeps } from './tenant/settings-keys.ts';

/** Left free beside the cache: journal and evidence of a busy hour live on the same disk. */
const DISK_RESERVE_BYTES = 64 * 2 ** 20;
/** Within that an edge is open to viewers, however much its disk holds; the rest of the index comes beside. */
const DISK_RECOVERY_MS = 2_000;

/** Where bodies come from, and what is known of them. */
export interface Bodies {
  readonly store: CacheStore;
  readonly keys: EntryKeys;
  readonly fills: Map<string, Fill>;
  readonly places: PlaceClient;
  readonly settings: SettingsKeys;
  /** Who holds copies of what the store has. */
  readonly copies: { onDisturbed: OnDisturbed | undefined; onVoided: OnVoided | undefined };
}

/** The cache, the origins, and the settings that say which origin. */
export async function openBodies(
  config: EdgeConfig,
  deps: {
    readonly chain: EdgeChain;
    readonly scope: Scope;
    readonly sign: SignBytes;
    readonly clock: Clock;
    readonly log: Log;
    readonly random: () => number;
    readonly fetch: typeof globalThis.fetch;
    readonly override: EdgeOverrides['settings'];
    readonly catchUp: SettingsKeysDeps['catchUp'];
  },
): Promise<Bodies> {
  const { chain, scope, sign, clock, log, random, fetch, override, catchUp } = deps;
  const copies: Bodies['copies'] = { onDisturbed: undefined, onVoided: undefined };
  const files = createFileThread();
  scope.add('file thread', () => files.close());
  const store = await openCacheStore({
    maxRamBytes: config.ramBytes - workersBytes(config),
    onDisturbed: (key, until) => copies.onDisturbed?.(key, until),
    onVoided: (matches) => copies.onVoided?.(matches),
    disk: {
      dir: join(config.dir, 'cache'),
      maxBytes: config.diskBytes,
      maxObjectBytes: config.maxObjectBytes,
      reserveBytes: DISK_RESERVE_BYTES,
      recoverWithinMs: DISK_RECOVERY_MS,
      newFiles: files,
    },
    clock,
    log,
  });
  scope.add('cache', () => store.close());
  const fills = new Map<string, Fill>();
  scope.add('fills', async () => {
    // What has arrived whole is kept; what has not is given up with the cache.
    await Promise.all([...fills.values()].filter(isReceived).map((fill) => fill.ended));
  });
  const places = createPlaceClient({
    nowMs: () => clock.nowMs(),
    timeoutMs: config.originTimeoutMs,
    eventsTimeoutMs: Math.max(config.tunnelIdleMs, config.originTimeoutMs),
    allowPrivate: config.allowPrivateOrigins ?? isLoopbackHost(new URL(config.rpcUrl).hostname),
  });
  scope.add('origin client', () => places.close());
  const settings = createSettingsKeys({
    chain,
    sign,
    clock,
    log,
    random,
    fetch,
    catchUp,
    ...(override === undefined ? {} : { override }),
  });
  return { store, keys: createEntryKeys(), fills, places, settings, copies };
}
