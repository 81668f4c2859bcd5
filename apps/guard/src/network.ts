import type { Followed, Found, MediaClient } from '@media-network/chain';
import { hourAt, weekAt } from '@media-network/protocol';
import type { Clock } from '@media-network/runtime';
import type { Address } from '@solana/kit';

/** The chain as the guard's duties see it, read at one time. */
export interface Snapshot {
  /** Unix seconds by the chain's clock. */
  readonly now: bigint;
  /** When it was read, by the local clock. */
  readonly readAtMs: number;
  readonly config: Found<'config'>;
  readonly guards: readonly Found<'guard'>[];
  readonly edges: readonly Found<'edge'>[];
  /** The same array in two snapshots between which no resource has changed. */
  readonly resources: readonly Found<'resource'>[];
  readonly pools: readonly Found<'pool'>[];
}

export interface GuardSetFacts {
  readonly week: bigint;
  readonly numbers: readonly number[];
  readonly entries: readonly { readonly guard: string; readonly no: number; readonly worth: bigint }[];
  /** Frozen: its week has begun and it has enough guards. */
  readonly usable: boolean;
}

export interface Network {
  /** Read now, or shared with whoever is reading at this moment: for rounds, which must see what has just landed. */
  refresh(): Promise<Snapshot>;
  /** `refresh`, with all resources listed anew: where what was told of them does not add up. */
  whole(): Promise<Snapshot>;
  /** At most `maxAgeMs` old: for answers to others. */
  snapshot(): Promise<Snapshot>;
  /** Chain time now in seconds, carried on from the last snapshot by the local clock. */
  chainNow(): Promise<bigint>;
  /** The same in milliseconds, as far as the chain's clock allows: it ticks in seconds. */
  chainNowMs(): Promise<number>;
  /** The set of a week; one that is usable is read once. */
  guardSet(week: bigint, snapshot: Snapshot): Promise<GuardSetFacts>;
  /** To be called after sending a transaction, with the resources that it changed. */
  invalidate(resources?: readonly Address[]): void;
}

/**
 * Resources are followed, not read: a network has a hundred thousand of them, and hardly any changes between two rounds. Once
 * an hour, when it is over, they are listed all the same: what an hour pays must not hang on a notice that got lost, and
 * whatever changes later holds from a later hour on (docs/chain.md, Terms and Spans).
 */
export function createNetwork(
  client: MediaClient,
  resources: Pick<Followed<Found<'resource'>>, 'all' | 'relist' | 'touch'>,
  clock: Clock,
  maxAgeMs: number,
): Network {
  let listedIn: bigint | undefined;
  let latest: Snapshot | undefined;
  let reading: Promise<Snapshot> | undefined;
  const frozen = new Map<bigint, GuardSetFacts>();

  async function read(): Promise<Snapshot> {
    const readAtMs = clock.nowMs();
    // The order matters to the meter: the time before what it is compared with.
    const now = await client.chainTime();
    const [config, guards, edges, pools] = await Promise.all([
      client.config(),
      client.guards(),
      client.edges(),
      client.pools(),
    ]);
    const hour = hourAt(config, now);
    const whole = listedIn !== hour;
    const listed = await (whole ? resources.relist() : resources.all());
    if (whole) listedIn = hour;
    return { now, readAtMs, config, guards, edges, resources: listed, pools };
  }

  function refresh(): Promise<Snapshot> {
    if (reading !== undefined) return reading;
    const mine = read()
      .then((snapshot) => {
        // One that began before a transaction of ours must not pass for what is there after it.
        if (reading === mine) latest = snapshot;
        return snapshot;
      })
      .finally(() => {
        if (reading === mine) reading = undefined;
      });
    reading = mine;
    return mine;
  }

  async function snapshot(): Promise<Snapshot> {
    const fresh = latest !== undefined && clock.nowMs() - latest.readAtMs < maxAgeMs;
    return latest !== undefined && fresh ? latest : refresh();
  }

  async function chainNowMs(): Promise<number> {
    const { now, readAtMs } = await snapshot();
    return Number(now) * 1_000 + Math.max(0, clock.nowMs() - readAtMs);
  }

  return {
    refresh,
    whole() {
      listedIn = undefined;
      reading = undefined;
      return refresh();
    },
    snapshot,
    chainNow: async () => BigInt(Math.floor((await chainNowMs()) / 1_000)),
    chainNowMs,
    async guardSet(week, { now, config }) {
      const known = frozen.get(week);
      if (known !== undefined) return known;
      const found = await client.guardSet(week);
      const entries = found === null ? [] : found.entries.slice(0, found.count);
      const usable = weekAt(config, now) >= week && found !== null && entries.length >= found.minGuards;
      const facts = { week, entries, numbers: entries.map((entry) => entry.no), usable };
      if (usable) frozen.set(week, facts);
      for (const old of frozen.keys()) if (frozen.size > 64) frozen.delete(old);
      return facts;
    },
    invalidate(changed) {
      if (changed !== undefined) resources.touch(changed);
      latest = undefined;
      reading = undefined;
    },
  };
}

const indices = new WeakMap<readonly Found<'resource'>[], ReadonlyMap<string, Found<'resource'>>>();

/** The resources of a snapshot by their address; made once for as long as none changes. */
export function byAddress({
  resources,
}: Pick<Snapshot, 'resources'>): ReadonlyMap<string, Found<'resource'>> {
  let index = indices.get(resources);
  if (index === undefined) {
    index = new Map(resources.map((each) => [String(each.address), each]));
    indices.set(resources, index);
  }
  return index;
}
