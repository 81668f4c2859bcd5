import { MediaError, errorMessage } from '@media-network/runtime';
import type { Address, Rpc, SolanaRpcApi } from '@solana/kit';

import type { ListSink } from './list-stream.ts';
import { hearProgram } from './program-notices.ts';
import type { NoticeDeps } from './program-notices.ts';
import { accountFilters, foundOf } from './reads.ts';
import type { Found, RawAccount } from './reads.ts';
import { rpcCall } from './rpc.ts';
import type { ChainNode } from './rpc.ts';
import type { AccountName } from './schema/index.ts';

export interface FollowDeps extends NoticeDeps, Pick<ChainNode, 'listAccounts'> {
  readonly rpc: Rpc<SolanaRpcApi>;
}

export interface FollowOptions<N extends AccountName, V> {
  /** What is kept of each account; all of it by default. */
  readonly keep?: (found: Found<N>) => V;
  /** Longest time for which notices are believed to tell everything. 10 minutes by default. */
  readonly maxAgeMs?: number;
  /** Called when `all` may answer something else than before. */
  readonly onChange?: () => void;
}

/**
 * All accounts of a kind, kept in memory: listed once, and from then on what the node tells of them. A look costs nothing
 * while nothing changes, however many there are. Where the node tells nothing (no websocket, or it was cut off) each look
 * lists them anew.
 */
export interface Followed<V> {
  /**
   * The accounts, each the same object for as long as it has not changed, and the same array while none has. What another
   * party has just landed shows when the node has told of it; what was `touch`ed is read first.
   */
  all(): Promise<readonly V[]>;
  /** What is not as it was when this was last asked; all accounts at the first time. */
  news(): Promise<{ readonly changed: readonly V[]; readonly gone: readonly Address[] }>;
  /** These have been changed by a transaction that landed, whether or not the node has told of it. */
  touch(addresses: readonly Address[]): void;
  /** `all`, listed anew: for what must not hang on a notice that got lost. */
  relist(): Promise<readonly V[]>;
  close(): Promise<void>;
}

interface Held<V> {
  /** At which it was like this, at least. */
  readonly slot: bigint;
  readonly lamports: bigint;
  /** Its bytes, by which it is seen whether they have changed. */
  readonly packed: string;
  readonly value: V;
}

const MAX_AGE_MS = 600_000;
/** Addresses of one getMultipleAccounts. */
const BATCH = 100;
/** Of them under way where all accounts are read. */
const PARALLEL = 4;
/** Touched accounts from which on a list is cheaper. */
const MAX_TOUCHED = 2_000;

export function followAccounts<N extends AccountName, V = Found<N>>(
  deps: FollowDeps,
  kind: N,
  options: FollowOptions<N, V> = {},
): Followed<V> {
  const { rpc, clock, log, programId, commitment } = deps;
  const maxAgeMs = options.maxAgeMs ?? MAX_AGE_MS;
  // Without `keep`, V is what is found: nobody names another V and gives no way to it.
  const keep = options.keep ?? ((found: Found<N>): V => found as V);
  const over = new AbortController();
  const held = new Map<Address, Held<V>>();
  const touched = new Set<Address>();
  const unsaid = new Set<Address>();
  let array: readonly V[] | undefined;
  /** Which subscription is up; undefined while none is. */
  let connection: number | undefined;
  let connections = 0;
  let listed: { readonly atMs: number; readonly connection: number } | undefined;
  let listing: Promise<void> | undefined;
  let rereading: Promise<void> | undefined;

  function drop(address: Address): void {
    if (!held.delete(address)) return;
    array = undefined;
    unsaid.add(address);
  }

  function take(slot: bigint, address: Address, raw: RawAccount | null): void {
    const known = held.get(address);
    if (known !== undefined && slot < known.slot) return;
    const packed = packedOf(raw);
    if (known !== undefined && raw !== null && isSame(known, packed, raw)) {
      held.set(address, { ...known, slot });
      return;
    }
    const found = foundOf(kind, programId, address, raw, { share: true });
    if (found === null) return drop(address);
    array = undefined;
    unsaid.add(address);
    held.set(address, { slot, lamports: found.lamports, packed, value: keep(found) });
  }

  function ask(sink: ListSink, config: object = {}): Promise<bigint> {
    const how = {
      encoding: 'base64',
      commitment,
      filters: accountFilters(kind),
      withContext: true,
      ...config,
    };
    return rpcCall(`the ${kind} accounts`, () => deps.listAccounts([programId, how], sink));
  }

  /** Takes all accounts of one answer. The slot that it is of. */
  function listWhole(present: Set<Address>): Promise<bigint> {
    return ask({
      begin: () => present.clear(),
      take(slot, address, account) {
        present.add(address);
        take(slot, address, account);
      },
    });
  }

  /** Takes their addresses first, and then each: nodes bound an answer, and a hundred thousand accounts have two hundred megabytes. */
  async function listByParts(present: Set<Address>): Promise<bigint> {
    const listedAt = await ask(
      { begin: () => present.clear(), take: (_, address) => void present.add(address) },
      { dataSlice: { offset: 0, length: 0 } },
    );
    const batches = batchesOf([...present]);
    const work = async (): Promise<void> => {
      for (const batch of batches) await readBatch(batch);
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    return listedAt;
  }

  async function readBatch(batch: readonly Address[]): Promise<void> {
    const { context, value } = await rpcCall('accounts', () =>
      rpc.getMultipleAccounts(batch, { encoding: 'base64', commitment }).send(),
    );
    for (const [index, address] of batch.entries()) take(context.slot, address, value[index] ?? null);
  }

  async function list(): Promise<void> {
    const begun = { atMs: clock.nowMs(), connection };
    touched.clear();
    const present = new Set<Address>();
    const listedAt = await listWhole(present).catch((error: unknown) => {
      if (!isRefused(error)) throw error;
      log.debug({ kind, err: errorMessage(error) }, 'a list that the node does not give at once');
      return listByParts(present);
    });
    for (const [address, { slot }] of held) if (slot <= listedAt && !present.has(address)) drop(address);
    // What changed between two subscriptions was told to nobody.
    if (begun.connection !== undefined && begun.connection === connection)
      listed = { atMs: begun.atMs, connection: begun.connection };
  }

  function relist(): Promise<void> {
    listing ??= list().finally(() => {
      listing = undefined;
    });
    return listing;
  }

  async function reread(): Promise<void> {
    const wanted = [...touched];
    touched.clear();
    try {
      for (const batch of batchesOf(wanted)) await readBatch(batch);
    } catch (error) {
      for (const address of wanted) touched.add(address);
      throw error;
    }
  }

  const current = (): readonly V[] => (array ??= Array.from(held.values(), ({ value }) => value));

  const hearing = hearProgram(
    deps,
    { kind, whole: true },
    {
      onUp() {
        connections += 1;
        connection = connections;
        options.onChange?.();
      },
      onDown() {
        connection = undefined;
      },
      onNotice(slot, address, account) {
        try {
          take(slot, address, account);
        } catch (error) {
          // Whoever looks next lists, and hears what is wrong with it.
          listed = undefined;
          log.debug({ kind, address, err: errorMessage(error) }, 'a notice that cannot be read');
        }
        options.onChange?.();
      },
    },
    over.signal,
  );

  async function catchUp(): Promise<void> {
    const told =
      listed !== undefined &&
      listed.connection === connection &&
      clock.nowMs() - listed.atMs < maxAgeMs &&
      touched.size <= MAX_TOUCHED;
    if (!told) await relist();
    if (touched.size === 0 && rereading === undefined) return;
    rereading ??= reread().finally(() => {
      rereading = undefined;
    });
    await rereading;
  }

  return {
    async all() {
      await catchUp();
      return current();
    },
    async news() {
      await catchUp();
      const changed: V[] = [];
      const gone: Address[] = [];
      for (const address of unsaid) {
        const known = held.get(address);
        if (known === undefined) gone.push(address);
        else changed.push(known.value);
      }
      unsaid.clear();
      return { changed, gone };
    },
    touch(addresses) {
      for (const address of addresses) touched.add(address);
    },
    async relist() {
      // One that is under way may have begun before what the caller wants to see.
      if (listing !== undefined) await listing.catch(() => undefined);
      await relist();
      return current();
    },
    async close() {
      over.abort();
      await hearing;
    },
  };
}

function* batchesOf(addresses: readonly Address[]): Generator<readonly Address[], void> {
  for (let from = 0; from < addresses.length; from += BATCH) yield addresses.slice(from, from + BATCH);
}

/** Whether the node answered, and would not give it however often it is asked. */
function isRefused(error: unknown): boolean {
  return error instanceof MediaError && error.code === 'chain/rpc-error' && !error.retry;
}

/** Zero bytes in base64, of which most of an account is: their number stands for them. No other text becomes the same. */
const ZEROS = /A{8,}/g;

function packedOf(raw: RawAccount | null): string {
  return (raw?.data[0] ?? '').replaceAll(ZEROS, (run) => `~${run.length}~`);
}

function isSame(
  known: { readonly packed: string; readonly lamports: bigint },
  packed: string,
  raw: RawAccount,
): boolean {
  return known.packed === packed && known.lamports === BigInt(raw.lamports);
}
