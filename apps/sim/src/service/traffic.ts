import { burstBudget } from '@media-network/protocol';

import type { Edge, Publisher } from '../cast.ts';
import { randomOf } from '../random.ts';

export const SLOTS = 12;

/** What an edge served of a resource in an hour. */
export interface Served {
  /** Place of the publisher in the cast. */
  readonly of: number;
  /** Bytes in each five-minute slot. */
  readonly slots: readonly bigint[];
  /** Bytes of sessions with the publisher's token that viewers signed for. */
  readonly vouched: bigint;
}

/** Live events are in the evening of days that the seed picks, two hours each. */
const EVENT_HOURS = 2;
/** Above its quota a resource is served up to so many times it, while its month has slots left. */
const BURST_FACTOR = 10;

/** Viewers of all publishers, by hour. */
export interface Traffic {
  /**
   * Rates that viewers ask for in the slots of an hour, in kbit/s, as far as quota and burst allow them.
   */
  rates(hour: number, of: number): readonly number[];
  /** What each edge serves of that, in the order of the edges. */
  serve(hour: number): readonly (readonly Served[])[];
}

export interface TrafficDeps {
  readonly seed: number;
  readonly edges: readonly Edge[];
  readonly publishers: readonly Publisher[];
  readonly sampleSecs: number;
  /** Quota in force, and the month's samples so far. */
  readonly quotaOf: (of: number) => { readonly quotaKbps: number; readonly samples: ArrayLike<number> };
}

/** How many times as many viewers as usual there are at a live event in this hour. */
export function eventFactor(publisher: Publisher, seed: number, hour: number): number {
  const day = Math.floor(hour / 24);
  const random = randomOf(seed, 'event', publisher.kind, day);
  if (random.next() * 7 >= publisher.events) return 1;
  const begin = 17 + random.int(4);
  const ofDay = hour % 24;
  return ofDay >= begin && ofDay < begin + EVENT_HOURS ? publisher.eventFactor : 1;
}

export function createTraffic(deps: TrafficDeps): Traffic {
  const { seed, edges, publishers, sampleSecs } = deps;

  function demand(hour: number, of: number): number[] {
    const publisher = publishers[of];
    if (publisher === undefined) return [];
    const random = randomOf(seed, 'demand', hour, of);
    const angle = ((hour % 24) - publisher.peakHour) * (Math.PI / 12);
    const ofDay = 1 + publisher.swing * Math.cos(angle);
    const weekend = Math.floor(hour / 24) % 7 >= 5 ? 1.15 : 0.94;
    const usual = publisher.meanKbps * ofDay * weekend * eventFactor(publisher, seed, hour);
    return Array.from({ length: SLOTS }, () => usual * Math.exp(0.12 * random.normal()));
  }

  function rates(hour: number, of: number): readonly number[] {
    const { quotaKbps, samples } = deps.quotaOf(of);
    if (quotaKbps === 0) return Array.from({ length: SLOTS }, () => 0);
    let { left } = burstBudget(samples, quotaKbps);
    return demand(hour, of).map((wanted) => {
      if (wanted <= quotaKbps) return wanted;
      if (left === 0) return quotaKbps;
      left -= 1;
      return Math.min(wanted, quotaKbps * BURST_FACTOR);
    });
  }

  return {
    rates,
    serve(hour) {
      const byPublisher = publishers.map((_, of) => rates(hour, of));
      return edges.map((edge, place) => {
        const random = randomOf(seed, 'steer', hour, place);
        return publishers.map((publisher, of): Served => {
          const share = edge.weight * (0.9 + 0.2 * random.next());
          const signed = Math.min(1, Math.max(0, publisher.vouchedShare * (0.97 + 0.06 * random.next())));
          const slots = (byPublisher[of] ?? []).map((kbps) =>
            BigInt(Math.round((kbps * share * 1_000 * sampleSecs) / 8)),
          );
          const total = slots.reduce((sum, bytes) => sum + bytes, 0n);
          return { of, slots, vouched: BigInt(Math.floor(Number(total) * signed)) };
        });
      });
    },
  };
}
