import { join } from 'node:path';
import type { CacheStore } from '@media-network/http-cache';
import type { SignBytes } from '@media-network/protocol';
import type { Clock, Log, Scope } from '@media-network/runtime';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { createRememberedKeys } from '../serve/remembered-keys.ts';
import type { RememberedKeys } from '../serve/remembered-keys.ts';
import type { TenantBook } from '../tenant/tenant-book.ts';
import { AFTER_PURGE_MS } from '../tier/tier-client.ts';
import { openPurgeBook } from './purge-book.ts';
import type { PurgeBook } from './purge-book.ts';
import { MAX_HEARD_AGE_MS, createPurgeDesk } from './purge-desk.ts';
import type { PurgeDesk } from './purge-desk.ts';
import { createPurgeSync } from './purge-sync.ts';
import type { PurgeSync } from './purge-sync.ts';

/** What publishers have edges forget. */
export interface Purges {
  readonly desk: PurgeDesk;
  /** On disk, so that no kill undoes one. */
  readonly book: PurgeBook;
  /** Those that did not reach this edge from their publisher. */
  readonly sync: PurgeSync;
  /** Resources of which something was purged lately: other edges may hear of it later than this one. */
  readonly lately: RememberedKeys<true>;
}

export async function openPurges(
  dir: string,
  deps: {
    readonly chain: EdgeChain;
    readonly tenants: TenantBook;
    readonly store: Pick<CacheStore, 'purge'>;
    /** Resolves when no worker serves any more what was purged until now; undefined where that is so. */
    readonly barrier: () => Promise<void> | undefined;
    readonly sign: SignBytes;
    readonly fetch: typeof globalThis.fetch;
    readonly scope: Scope;
    readonly clock: Clock;
    readonly log: Log;
  },
): Promise<Purges> {
  const { chain, tenants, barrier, sign, fetch, scope, clock, log } = deps;
  const book = await openPurgeBook(join(dir, 'purges'), {
    keepMs: MAX_HEARD_AGE_MS,
    nowMs: () => chain.nowMs(),
  });
  scope.add('purges', () => book.close());
  const lately = createRememberedKeys<true>(clock, AFTER_PURGE_MS);
  const store: Pick<CacheStore, 'purge'> = {
    purge(resource, ...what) {
      lately.note(resource, true);
      return deps.store.purge(resource, ...what);
    },
  };
  const desk = createPurgeDesk({ chain, tenants, store, book, barrier, clock, log });
  const sync = createPurgeSync({ chain, tenants, desk, sign, fetch, clock, log });
  return { desk, book, sync, lately };
}
