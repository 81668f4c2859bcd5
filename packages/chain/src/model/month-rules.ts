import { MONTHS_KEPT, SAMPLES_PER_REPORT, SAMPLE_RING } from '../schema/index.ts';
import { fail } from './failure.ts';
import { checkSame } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import type { Draft } from './state.ts';
import { ownUntil } from './time.ts';

/** The sample as the ring has it; 0 where no hour was recorded, or the ring has gone on. */
function sampleAt(ring: Draft<'ring'>, sample: bigint): number {
  if (sample >= ring.head || sample + BigInt(SAMPLE_RING) < ring.head) return 0;
  return ring.tail[Number(sample % BigInt(SAMPLE_RING))] ?? 0;
}

/** Samples of a month, as many as it has slots. */
function samplesOf(ring: Draft<'ring'>, month: number, slots: number): number[] {
  const begin = BigInt(month) * BigInt(slots);
  return Array.from({ length: slots }, (_, index) => sampleAt(ring, begin + BigInt(index)));
}

/** Whitepaper §2.6: arranged from high to low, the top 5 % ignored, the highest of what is left. */
function percentileOf(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => b - a);
  return sorted[Math.floor((sorted.length * 5) / 100)] ?? 0;
}

/** Months in order, each once (docs/chain.md, Months). */
export const monthRules: Pick<Rules, 'finaliseMonth'> = {
  finaliseMonth(context, { month, p95Kbps }) {
    const config = context.open('config', context.at('config'));
    const resource = context.open('resource', context.at('resource'));
    checkSame(context.at('ring'), resource.ring);
    const ring = context.open('ring', context.at('ring'));
    const { monthSlots } = config;
    if (month < resource.monthsClosed) fail('AlreadyDecided');
    const last = (BigInt(month) + 1n) * BigInt(monthSlots) - 1n;
    if (context.now < ownUntil(config, last / BigInt(SAMPLES_PER_REPORT))) fail('TooEarly');
    if (month === 0xffff_ffff) fail('Overflow');
    // Far from any ring there is nothing to look at, and there may be many months.
    const oldest = Number(
      (ring.head > SAMPLE_RING ? ring.head - BigInt(SAMPLE_RING) : 0n) / BigInt(monthSlots),
    );
    const newest = Math.min(month, Number(ring.head / BigInt(monthSlots)) + 1);
    for (let each = Math.max(resource.monthsClosed, oldest); each < newest; each += 1)
      if (samplesOf(ring, each, monthSlots).some((rate) => rate > 0)) fail('MonthOpen');
    if (percentileOf(samplesOf(ring, month, monthSlots)) !== p95Kbps) fail('WrongPercentile');
    resource.monthsClosed = month + 1;
    resource.p95Kbps = p95Kbps;
    resource.months = resource.months.with(month % MONTHS_KEPT, {
      month: month + 1,
      p95Kbps,
      quotaKbps: resource.quotaKbps,
    });
  },
};

/**
 * An hour up to sample `end` is to be written: months that do not fit into the ring beside it are closed. One that has samples,
 * or is followed by one that has, must be finalised.
 */
export function makeRoom(
  config: Draft<'config'>,
  resource: Draft<'resource'>,
  ring: Draft<'ring'>,
  end: bigint,
): void {
  const slots = BigInt(config.monthSlots);
  let fits = BigInt(resource.monthsClosed);
  const first = fits * slots;
  if (first + BigInt(SAMPLE_RING) >= end) return;
  if (ring.head > first) fail('MonthOpen');
  fits = (end - BigInt(SAMPLE_RING) + slots - 1n) / slots;
  if (fits > 0xffff_ffffn) fail('Overflow');
  resource.monthsClosed = Number(fits);
}
