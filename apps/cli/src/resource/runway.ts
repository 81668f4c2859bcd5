import type { Found, MediaClient } from '@media-network/chain';
import { RESOURCE_STATUS, SAMPLE_RING } from '@media-network/chain/schema';
import type { Address } from '@solana/kit';
import { formatMedia, formatMs } from '../amounts.ts';
import { minuteOf } from '../minute.ts';
import { dueOf } from './terms.ts';
import type { Resource } from './find.ts';

/** How long what is set aside for a resource lasts at the rate of the last days. */
export interface Runway {
  /** MEDIA base units that it still covers, beyond what is due and owed; not below 0. */
  readonly covers: bigint;
  /** MEDIA base units that a day of the network's costs, by the samples of the last three. */
  readonly perDay: bigint;
  /** Unix seconds at which it is used up; null where nothing is served. */
  readonly until: number | null;
  readonly secsLeft: number | null;
  /** Seconds of the day that `perDay` is of: the network's, which is shorter where it counts faster than in life. */
  readonly daySecs: number;
  /** Within a week of the network's: the publisher should add to it. */
  readonly low: boolean;
}

type Config = Pick<Found<'config'>, 'sampleSecs' | 'epochZero' | 'feePerGb'>;

/** Samples of a day, of the network's own days where it counts faster than in life. */
const DAY = 288n;
const RATE_DAYS = 3n;
const WARN_DAYS = 7n;
/** Hours that may not be recorded yet: what is there last is not what was served last. */
const LAG = 36n;
const Q = 1_000_000_000n;
/** Resources whose samples are read at once, 36 KB each; a network has a hundred thousand. */
const RUNWAYS_READ = 100;

/** Bytes in the newest samples, and how many samples those are: at most three days of them, since it was first active. */
function newest(
  config: Config,
  resource: Pick<Resource, 'spans'>,
  ring: Pick<Found<'ring'>, 'head' | 'tail'>,
  now: bigint,
): { readonly bytes: bigint; readonly samples: bigint } {
  const passed = (now - config.epochZero) / BigInt(config.sampleSecs);
  const lagging = passed > LAG ? passed - LAG : 0n;
  const end = ring.head > lagging ? ring.head : lagging;
  const begun = resource.spans.filter(({ from, until }) => from < until).map(({ from }) => from * 12n);
  const first = begun.reduce((least, each) => (each < least ? each : least), end);
  const since = end > RATE_DAYS * DAY ? end - RATE_DAYS * DAY : 0n;
  const from = first > since ? first : since;
  let kbit = 0n;
  for (let sample = from; sample < ring.head && sample < end; sample += 1n)
    kbit += BigInt(ring.tail[Number(sample % BigInt(SAMPLE_RING))] ?? 0) * BigInt(config.sampleSecs);
  return { bytes: kbit * 125n, samples: end - from };
}

/**
 * `worth` is that of the resource's LP now, in MEDIA base units. Samples are all bytes that were delivered, those within no allowance too, so
 * that the rate is never below what is billed.
 */
export function runwayOf(
  config: Config,
  resource: Pick<Resource, 'spans' | 'weeks' | 'debt'>,
  ring: Pick<Found<'ring'>, 'head' | 'tail'> | null,
  worth: bigint,
  now: bigint,
): Runway {
  const owed = dueOf(resource) + resource.debt;
  const covers = worth > owed ? worth - owed : 0n;
  const { bytes, samples } = ring === null ? { bytes: 0n, samples: 0n } : newest(config, resource, ring, now);
  const fee = (bytes * config.feePerGb + Q - 1n) / Q;
  const perDay = samples === 0n ? 0n : (fee * DAY + samples - 1n) / samples;
  const day = DAY * BigInt(config.sampleSecs);
  const daySecs = Number(day);
  if (perDay === 0n) return { covers, perDay, daySecs, until: null, secsLeft: null, low: false };
  const secsLeft = Number((covers * day) / perDay);
  return {
    covers,
    perDay,
    daySecs,
    until: Number(now) + secsLeft,
    secsLeft,
    low: BigInt(Math.floor(secsLeft)) < WARN_DAYS * day,
  };
}

/** The same of resources as the chain has them, the first hundred of those that are served. */
export async function readRunways(
  client: Pick<MediaClient, 'accounts' | 'chainTime' | 'config' | 'pools'>,
  resources: readonly Resource[],
): Promise<ReadonlyMap<Address, Runway>> {
  const served = resources.filter(({ status }) => status === RESOURCE_STATUS.active).slice(0, RUNWAYS_READ);
  if (served.length === 0) return new Map();
  const [config, now, pools, rings] = await Promise.all([
    client.config(),
    client.chainTime(),
    client.pools(),
    client.accounts(
      'ring',
      served.map(({ ring }) => ring),
    ),
  ]);
  const { worth } = await import('@media-network/chain/model');
  const found = new Map<Address, Runway>();
  for (const [index, resource] of served.entries()) {
    const pool = pools.find(({ address }) => address === resource.pool);
    if (pool === undefined) continue;
    const left = worth(pool, config, now, resource.lp);
    found.set(resource.address, runwayOf(config, resource, rings[index] ?? null, left, now));
  }
  return found;
}

/** `covers 12.5 MEDIA: 31 d 4 h at 0.4 MEDIA a day`. */
export function runwayWords({ covers, perDay, daySecs, secsLeft }: Runway): string {
  if (secsLeft === null) return `covers ${formatMedia(covers)}, and nothing is recorded of late`;
  const rate =
    daySecs === 86_400 ? 'a day, as in the last three' : `in ${formatMs(daySecs * 1_000)}, as of late`;
  return `covers ${formatMedia(covers)}: ${formatMs(secsLeft * 1_000)} at ${formatMedia(perDay)} ${rate}`;
}

/** What a publisher does before it is used up. */
export function topUpHint(label: string, { until }: Runway): string {
  const when = until === null ? '' : ` It is paused ${minuteOf(until * 1_000)} UTC unless more is set aside.`;
  return `Stake more with "media stake add 10" and set it aside with "media resource update ${label} --lp <all of it>".${when}`;
}

/** As `--json` has it. */
export function describeRunway(runway: Runway | undefined): object | null {
  if (runway === undefined) return null;
  const { until } = runway;
  return {
    ...runway,
    until: until === null || until > 8.64e12 ? null : new Date(until * 1_000).toISOString(),
  };
}
