import {
  MAX_PURGE_LIST_BYTES,
  decodePurgeList,
  encodePurgeListRequest,
  signPurgeListRequest,
  toHex,
} from '@media-network/protocol';
import type { PurgeList, SignBytes } from '@media-network/protocol';
import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, RoundResult } from '@media-network/runtime';
import { askGuard } from '../ask-node.ts';
import type { EdgeChain, GuardView } from '../chain/edge-chain.ts';
import type { Tenant, TenantBook } from '../tenant/tenant-book.ts';
import type { PurgeDesk } from './purge-desk.ts';

export interface PurgeSyncDeps {
  readonly chain: Pick<EdgeChain, 'guards' | 'edge' | 'nowMs'>;
  readonly tenants: Pick<TenantBook, 'byKey'>;
  readonly desk: Pick<PurgeDesk, 'hear' | 'purgeBefore'>;
  readonly sign: SignBytes;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Purges that did not reach this edge from their publisher: guards keep them. Before a resource is served for the first
 * time since the start they are asked what was purged of it meanwhile; from then on now and then what is new.
 */
export interface PurgeSync {
  /** Resolves true when what guards know of the resource holds here; false where none of them answers. Never rejects. */
  catchUp(tenant: Tenant): Promise<boolean>;
  readonly task: RepeatingTask;
}

/** A guard's list, as far as it was heard. */
interface Cursor {
  readonly log: Uint8Array;
  readonly after: bigint;
}

const POLL_MS = 15_000;
const GUARD_TIMEOUT_MS = 5_000;
/** How long the others may take when one has answered: what they know besides is heard later. */
const OTHERS_MS = 1_000;
/** Resources that one guard is asked about side by side. */
const PARALLEL = 8;
const NO_LOG = new Uint8Array(16);
/** Asked after, a guard says where its list ends. */
const WHERE_IT_STANDS = 2n ** 64n - 1n;

const nameOf = ({ no, endpoint }: GuardView): string => `${no} ${endpoint}`;

export function createPurgeSync(deps: PurgeSyncDeps): PurgeSync {
  const { chain, desk } = deps;
  /** Resources that are served, or about to be. */
  const followed = new Set<string>();
  /** By guard and endpoint; without one, what it knows of what is followed has to be asked for. */
  const cursors = new Map<string, Cursor>();

  /** Undefined where it does not answer; a guard that has no such list knows of no purge. */
  async function ask(
    guard: GuardView,
    wanted: { readonly resource: string | undefined; readonly log: Uint8Array; readonly after: bigint },
  ): Promise<PurgeList | undefined> {
    const request = await signPurgeListRequest(
      { asker: chain.edge, ...wanted, unixSecs: BigInt(Math.floor(chain.nowMs() / 1_000)) },
      deps.sign,
    );
    const answer = await askGuard(deps.fetch, guard, {
      path: '/v1/purges',
      body: encodePurgeListRequest(request),
      maxBytes: MAX_PURGE_LIST_BYTES,
      timeoutMs: GUARD_TIMEOUT_MS,
    });
    if (answer.kind === 'answer') return decodePurgeList(answer.body);
    return answer.status === 404 || answer.status === 405
      ? { log: NO_LOG, next: 0n, missingMs: 0n, purges: [] }
      : undefined;
  }

  /** What one guard knows of one resource. */
  async function learn(guard: GuardView, tenant: Tenant): Promise<boolean> {
    const list = await ask(guard, { resource: tenant.view.address, log: NO_LOG, after: 0n });
    if (list === undefined) {
      // It is asked about all that is followed once it answers.
      cursors.delete(nameOf(guard));
      return false;
    }
    if (list.missingMs > 0n) desk.purgeBefore(tenant, Number(list.missingMs));
    await Promise.all(list.purges.map((purge) => desk.hear(purge)));
    return true;
  }

  /** The same of everything that is followed. */
  async function learnAll(guard: GuardView): Promise<boolean> {
    const left = [...followed];
    let isWhole = true;
    const worker = async (): Promise<void> => {
      for (let key = left.pop(); key !== undefined && isWhole; key = left.pop()) {
        const tenant = deps.tenants.byKey(key);
        if (tenant !== undefined && !(await learn(guard, tenant))) isWhole = false;
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    return isWhole;
  }

  async function poll(guard: GuardView): Promise<'none' | 'heard' | 'more'> {
    const name = nameOf(guard);
    const cursor = cursors.get(name);
    const list = await ask(guard, {
      resource: undefined,
      log: cursor?.log ?? NO_LOG,
      after: cursor?.after ?? WHERE_IT_STANDS,
    });
    if (list === undefined) return 'none';
    const isSame = cursor !== undefined && toHex(cursor.log) === toHex(list.log);
    if (!isSame || list.missingMs > 0n) {
      // First where it stands, then what there was before: nothing falls in between.
      cursors.set(name, { log: list.log, after: list.next });
      if (await learnAll(guard)) return 'heard';
      cursors.delete(name);
      return 'none';
    }
    await Promise.all(list.purges.map((purge) => hearFollowed(purge)));
    cursors.set(name, { log: list.log, after: list.next });
    return list.purges.length > 0 ? 'more' : 'heard';
  }

  /** Of what is not followed guards are asked when it is. */
  async function hearFollowed(purge: Uint8Array): Promise<void> {
    const key = toHex(purge.subarray(4, 36));
    if (followed.has(key)) await desk.hear(purge);
  }

  async function round(): Promise<RoundResult> {
    const guards = chain.guards();
    const names = new Set(guards.map(nameOf));
    for (const name of cursors.keys()) if (!names.has(name)) cursors.delete(name);
    const heard = await Promise.all(guards.map((guard) => poll(guard)));
    return heard.includes('more') ? 'busy' : 'idle';
  }

  const task = createRepeatingTask(
    round,
    { clock: deps.clock, log: deps.log },
    { name: 'purges', intervalMs: POLL_MS, busyIntervalMs: 0 },
  );

  return {
    async catchUp(tenant) {
      const guards = chain.guards();
      followed.add(tenant.key);
      if (guards.length === 0) return true;
      const asked = guards.map((guard) => learn(guard, tenant));
      const first = await firstTrue(asked);
      if (!first) {
        followed.delete(tenant.key);
        return false;
      }
      const waiting = new AbortController();
      await Promise.race([Promise.all(asked), deps.clock.sleep(OTHERS_MS, waiting.signal)]);
      waiting.abort();
      return true;
    },
    task,
  };
}

/** True as soon as one is; false when none is. */
async function firstTrue(all: readonly Promise<boolean>[]): Promise<boolean> {
  const good = all.map(async (each) => {
    if (!(await each)) throw new Error('not this one');
  });
  return Promise.any(good).then(
    () => true,
    () => false,
  );
}
