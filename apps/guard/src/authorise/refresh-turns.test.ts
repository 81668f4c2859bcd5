import { createWallet } from '@media-network/chain';
import type { MediaClient } from '@media-network/chain';
import { quotaOf } from '@media-network/chain/model';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import type { Address } from '@solana/kit';
import { expect, test } from 'vitest';
import { createActionRunner } from '../actions.ts';
import { createCounts } from '../counts.ts';
import type { Network, Snapshot } from '../network.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { NONE_DENIED } from '../denials.ts';
import { createAuthorise, worthAt } from './authorise.ts';

const MEDIA = 10n ** 9n;
const NUMBERS = [3, 5, 9];
const SAMPLE = 10n;
const HOUR = 12n * SAMPLE;

/** Three guards of one network whose clock is turned; a refresh does to the quota what the program does. */
async function setup() {
  const config = blankAccount('config', addressAt(9), {
    sampleSecs: Number(SAMPLE),
    hoursPerWeek: 168,
    twapSecs: 60,
    quotaKbpsPerMedia: 1_000n,
  });
  let now = 0n;
  let pool = blankAccount('pool', addressAt(4), {
    reserveMedia: 1_000n * MEDIA,
    reserveQuote: 1_000n * MEDIA,
    lpSupply: 1_000n * MEDIA,
    priceQ32: 2n ** 32n,
  });
  let resources = [
    blankAccount('resource', addressAt(1), {
      status: RESOURCE_STATUS.active,
      ring: addressAt(2),
      pool: pool.address,
      lp: MEDIA,
      quotaKbps: 2_000,
    }),
  ];
  const expected = (): number => quotaOf(worthAt(pool, config, now, MEDIA), config.quotaKbpsPerMedia);
  const read = async (): Promise<Snapshot> => ({
    now,
    readAtMs: 0,
    config,
    guards: [],
    edges: [],
    resources,
    pools: [pool],
  });
  const network: Network = {
    refresh: read,
    whole: read,
    snapshot: read,
    chainNow: async () => now,
    guardSet: async (week) => ({ week, numbers: NUMBERS, entries: [], usable: true }),
    chainNowMs: async () => Number(now) * 1_000,
    invalidate: () => undefined,
  };
  const sent: { readonly no: number; readonly at: bigint }[] = [];
  const clock = createManualClock();
  const operator = await createWallet();
  const guards = NUMBERS.map((no) => {
    const client = {
      instructions: { refreshQuota: async ({ resource }: { resource: Address }) => resource },
      send: async () => {
        sent.push({ no, at: now });
        const quotaKbps = expected();
        resources = resources.map((each) => ({ ...each, quotaKbps }));
      },
    } as unknown as MediaClient;
    return createAuthorise({
      client,
      network,
      denials: NONE_DENIED,
      settings: { read: async () => undefined, prefetch: async () => undefined },
      // Nothing is pending: no origin is looked at.
      origin: { get: () => Promise.reject(new Error('no origin')), close: async () => undefined },
      runner: createActionRunner({ clock, log: silentLog, onFailure: () => undefined }),
      operator,
      guard: blankAccount('guard', addressAt(20 + no), { no }),
      counts: createCounts(),
      random: () => 0.5,
      clock,
      log: silentLog,
    });
  });
  return {
    sent,
    quota: () => resources[0]?.quotaKbps,
    expected,
    /** Both sides by so many percent, as deposits without LP for it would. */
    worth(percent: bigint) {
      const reserve = 10n * percent * MEDIA;
      pool = { ...pool, reserveMedia: reserve, reserveQuote: reserve };
    },
    /** A round of each guard in turn, now and then some seconds on. */
    async turn(seconds: bigint) {
      for (const guard of guards) await guard.round(new AbortController().signal);
      now += seconds;
      clock.advance(Number(seconds) * 1_000);
    },
  };
}

test('a worth that moves is followed by one guard, and another one the next time', async () => {
  const network = await setup();
  await network.turn(SAMPLE);
  expect(network.sent).toEqual([]);
  const bySample: number[] = [];
  for (let hour = 0n; hour < 3n; hour += 1n) {
    network.worth(110n + 10n * hour);
    // Guards read every few seconds: what one has sent the others see in the same hour.
    await network.turn(1n);
    await network.turn(HOUR + SAMPLE - 1n);
    bySample.push(network.sent.at(-1)?.no ?? 0);
    expect(network.quota()).toBe(network.expected());
  }
  expect(network.sent).toHaveLength(3);
  expect(new Set(bySample)).toEqual(new Set(NUMBERS));
});

test('a worth that swings to and fro costs one transaction an hour', async () => {
  const network = await setup();
  const hours = 6n;
  await network.turn(0n);
  for (let sample = 0n; sample < 12n * hours; sample += 1n) {
    network.worth(sample % 2n === 0n ? 130n : 90n);
    await network.turn(SAMPLE);
  }
  const perHour = Map.groupBy(network.sent, ({ at }) => at / HOUR);
  expect([...perHour.values()].map((each) => each.length)).toEqual(Array(Number(hours)).fill(1));
});

test('a worth that moves by less than a twentieth costs none', async () => {
  const network = await setup();
  for (const percent of [101n, 105n, 96n, 100n]) {
    network.worth(percent);
    await network.turn(HOUR);
  }
  expect(network.sent).toEqual([]);
});
