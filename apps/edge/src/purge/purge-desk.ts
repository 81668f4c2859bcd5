import type { CacheStore, Swept } from '@media-network/http-cache';
import { addressBytes, decodePurge, toHex, verifyPurgeSignature } from '@media-network/protocol';
import type { Purge } from '@media-network/protocol';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { createRateLimit } from '../control/rate-limit.ts';
import type { Tenant, TenantBook } from '../tenant/tenant-book.ts';
import { meantBy } from './meant.ts';
import type { PurgeBook } from './purge-book.ts';
import { purgeKey } from './purge-key.ts';

export interface PurgeDeskDeps {
  readonly chain: Pick<EdgeChain, 'nowMs'>;
  readonly tenants: Pick<TenantBook, 'byKey'>;
  readonly store: Pick<CacheStore, 'purge'>;
  readonly book: PurgeBook;
  /** Resolves when no worker serves any more what was purged until now; undefined where that is so. */
  readonly barrier: () => Promise<void> | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export type PurgeOutcome =
  | {
      readonly kind: 'purged';
      readonly id: string;
      /** Heard before: nothing was to be done. */
      readonly known: boolean;
      /** Objects that it meant, as far as they were found. */
      readonly objects: number;
      /** False where the rest is still being taken off the disk; nobody is served it. */
      readonly whole: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 403 | 404 | 429 | 503;
      readonly code: string;
      readonly message: string;
    };

/** What publishers say that edges shall forget (docs/evidence.md, Purges). */
export interface PurgeDesk {
  /** How often what: `purged` of its publisher, `heard` of a guard, `known`, or the code of a refusal. */
  readonly counts: ReadonlyMap<string, number>;
  /** Does what a kill left undone; to be called before anything is served. */
  finish(): void;
  /** From whoever sends it. It is confirmed when it holds for every viewer and no kill undoes it. Never rejects. */
  take(bytes: Uint8Array): Promise<PurgeOutcome>;
  /** From a guard that kept it; one that is not good is left out. Resolves when it holds. */
  hear(bytes: Uint8Array): Promise<void>;
  /** What was asked for until then of a resource: what was purged of it until then is not told any more. */
  purgeBefore(tenant: Tenant, chainMs: number): void;
}

/** Clocks of publishers and edges may differ by this much, either way. */
const MAX_SKEW_MS = 60_000;
/** By so much an edge's clock may have been off when it asked for something. */
const UNSURE_MS = 600_000;
/** Guards tell of a purge for a week. */
export const MAX_HEARD_AGE_MS: number = 8 * 86_400_000;
/** Of one resource: each costs an fsync, and a prefix a look at every object. */
const OF_RESOURCE = { perSecond: 2, burst: 120 };
/** How long whoever purges is made to wait for the count. */
const COUNT_MS = 1_000;

export function createPurgeDesk(deps: PurgeDeskDeps): PurgeDesk {
  const { chain, tenants, store, book, clock, log } = deps;
  const limit = createRateLimit(OF_RESOURCE);
  /** Purges that are being written down: the same once more waits for them. */
  const underWay = new Map<string, Promise<PurgeOutcome>>();

  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

  const tenantOf = ({ resource }: Purge): Tenant | undefined => tenants.byKey(toHex(addressBytes(resource)));

  function sweep({ what, soft }: Purge, { key, settings }: Tenant): Promise<Swept> {
    return store.purge(key, meantBy(what, settings?.plain), { soft });
  }

  async function perform(id: string, purge: Purge, bytes: Uint8Array, tenant: Tenant): Promise<PurgeOutcome> {
    const keeping = book.heard(id, purge, bytes);
    // From here on nobody is served it; it is confirmed once no kill undoes that.
    const sweeping = sweep(purge, tenant);
    void sweeping.then(({ whole }) => whole && book.done(id));
    try {
      await Promise.all([keeping, deps.barrier()]);
    } catch (error) {
      log.error({ code: errorCode(error), err: errorMessage(error) }, 'the disk does not take a purge');
      return refused(503, 'purge/not-kept', 'The edge cannot write the purge to its disk. Send it again.');
    }
    const waiting = new AbortController();
    const counted = await Promise.race([sweeping, clock.sleep(COUNT_MS, waiting.signal)]);
    waiting.abort();
    return {
      kind: 'purged',
      id,
      known: false,
      objects: counted?.matched ?? 0,
      whole: counted?.whole ?? false,
    };
  }

  function once(id: string, purge: Purge, bytes: Uint8Array, tenant: Tenant): Promise<PurgeOutcome> {
    const running = underWay.get(id);
    if (running !== undefined) return running;
    const begun = perform(id, purge, bytes, tenant).finally(() => underWay.delete(id));
    underWay.set(id, begun);
    return begun;
  }

  async function judged(bytes: Uint8Array): Promise<PurgeOutcome> {
    const purge = decodePurge(bytes);
    if (purge === undefined)
      return refused(400, 'purge/malformed', 'The body is not a signed purge, as docs/evidence.md says.');
    const tenant = tenantOf(purge);
    if (tenant === undefined)
      return refused(404, 'purge/unknown-resource', 'This edge knows no such resource.');
    const skew = Number(purge.unixMs) - chain.nowMs();
    if (Math.abs(skew) > MAX_SKEW_MS)
      return refused(403, 'purge/bad-time', 'The time of the purge is more than a minute off.');
    if (!(await verifyPurgeSignature(purge, tenant.view.publisher)))
      return refused(403, 'purge/bad-signature', 'The purge is not signed by the publisher of the resource.');
    const id = purgeKey(purge);
    if (book.has(id) && !underWay.has(id))
      return { kind: 'purged', id, known: true, objects: 0, whole: true };
    if (!underWay.has(id) && !limit.take(tenant.key, clock.nowMs()))
      return refused(429, 'purge/too-many', 'The resource is purged too often. Put more into one purge.');
    return once(id, purge, bytes, tenant);
  }

  return {
    counts,
    finish() {
      for (const purge of book.unfinished) {
        const tenant = tenantOf(purge);
        const id = purgeKey(purge);
        if (tenant !== undefined) void sweep(purge, tenant).then(({ whole }) => whole && book.done(id));
      }
    },
    async take(bytes) {
      const outcome = await judged(bytes);
      count(outcome.kind === 'refused' ? outcome.code : outcome.known ? 'known' : 'purged');
      return outcome;
    },
    async hear(bytes) {
      const purge = decodePurge(bytes);
      const tenant = purge === undefined ? undefined : tenantOf(purge);
      if (purge === undefined || tenant === undefined) return;
      const age = chain.nowMs() - Number(purge.unixMs);
      const id = purgeKey(purge);
      if (age > MAX_HEARD_AGE_MS || age < -MAX_SKEW_MS || (book.has(id) && !underWay.has(id))) return;
      // No guard is believed: the publisher's word is all that counts.
      if (!(await verifyPurgeSignature(purge, tenant.view.publisher))) return;
      const outcome = await once(id, purge, bytes, tenant);
      count(outcome.kind === 'purged' ? 'heard' : outcome.code);
    },
    purgeBefore(tenant, chainMs) {
      const ourMs = chainMs - (chain.nowMs() - clock.nowMs());
      void store.purge(tenant.key, [{ kind: 'before', requestedMs: ourMs + UNSURE_MS }]);
    },
  };
}

function refused(status: 400 | 403 | 404 | 429 | 503, code: string, message: string): PurgeOutcome {
  return { kind: 'refused', status, code, message };
}
