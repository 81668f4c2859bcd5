import type { MediaClient, Signer } from '@media-network/chain';
import { createWallet } from '@media-network/chain';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import type { Settings } from '@media-network/protocol';
import { MediaError, silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { describe, expect, it } from 'vitest';
import { createActionRunner } from '../actions.ts';
import { createCounts } from '../counts.ts';
import type { Network, Snapshot } from '../network.ts';
import type { OriginFetch } from '../probe/origin-fetch.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createAuthorise, worthAt } from './authorise.ts';

const MEDIA = 10n ** 9n;
const settings: Settings = {
  v: 1,
  origin: 'http://127.0.0.1:1',
  originHost: null,
  originHeaders: [],
  probe: ['/p'],
  domains: [],
};
const pool = blankAccount('pool', addressAt(4), {
  reserveMedia: 10n * MEDIA,
  reserveQuote: 10n * MEDIA,
  lpSupply: 10n * MEDIA,
  priceQ32: 2n ** 32n,
});

/** One pending resource; what the chain was asked to do is in `sent`. */
function setup(operator: Signer) {
  const sent: string[] = [];
  const votes: { readonly settingsVersion: number }[] = [];
  const world = {
    looks: 0,
    originStatus: 200,
    readable: true,
    denied: false,
    refuse: undefined as string | undefined,
  };
  const config = blankAccount('config', addressAt(9), {
    sampleSecs: 1,
    hoursPerWeek: 10,
    twapSecs: 60,
    quotaKbpsPerMedia: 1_000n,
  });
  const resource = blankAccount('resource', addressAt(1), {
    status: RESOURCE_STATUS.pending,
    ring: addressAt(2),
    pool: pool.address,
    lp: MEDIA,
    settingsVersion: 1,
  });
  const snapshot: Snapshot = {
    now: 100n,
    readAtMs: 0,
    config,
    guards: [],
    edges: [],
    resources: [resource],
    pools: [pool],
  };
  const network: Network = {
    refresh: async () => snapshot,
    whole: async () => snapshot,
    snapshot: async () => snapshot,
    chainNow: async () => 100n,
    guardSet: async (week) => ({ week, numbers: [5], entries: [], usable: true }),
    chainNowMs: async () => 100_000,
    invalidate: () => undefined,
  };
  const origin: OriginFetch = {
    async get(_, target) {
      world.looks += 1;
      if (world.originStatus === 0) throw new Error('refused');
      return {
        status: target === '/p' ? world.originStatus : 599,
        etag: undefined,
        lastModified: undefined,
        same: true,
        size: 1,
        type: undefined,
        coding: undefined,
        contentRange: undefined,
        freshMs: undefined,
        body: undefined,
      };
    },
    close: async () => undefined,
  };
  // The duty builds `authorise` and sends it; nothing else of the client is called.
  const client = {
    instructions: {
      authorise: async ({ settingsVersion }: { settingsVersion: number }) => {
        votes.push({ settingsVersion });
        return { name: 'authorise', programAddress: addressAt(8), accounts: [], data: new Uint8Array(0) };
      },
    },
    send: async ([instruction]: { name: string }[]) => {
      if (world.refuse !== undefined)
        throw new MediaError({ code: world.refuse, message: 'no', source: 'chain' });
      sent.push(instruction?.name ?? '');
    },
  } as unknown as MediaClient;
  const clock = createManualClock();
  const duty = createAuthorise({
    client,
    network,
    denials: { denies: () => world.denied },
    settings: {
      prefetch: async () => undefined,
      read: async () => (world.readable ? { version: 1, key: new Uint8Array(32), settings } : undefined),
    },
    origin,
    runner: createActionRunner({ clock, log: silentLog, onFailure: () => undefined }),
    operator,
    guard: blankAccount('guard', addressAt(7), { no: 5 }),
    counts: createCounts(),
    random: () => 0.5,
    clock,
    log: silentLog,
  });
  const round = (): Promise<unknown> => duty.round(new AbortController().signal);
  return { sent, votes, world, clock, round, sightOf: () => duty.sightOf(resource.address) };
}

describe('authorise', () => {
  it('looks at settings and origin, then votes', async () => {
    const { sent, round } = setup(await createWallet());
    expect(await round()).toBe('busy');
    expect(sent).toEqual([]);
    expect(await round()).toBe('busy');
    expect(sent).toEqual(['authorise']);
  });

  it('does not vote while the origin does not answer, and looks again later', async () => {
    const { sent, world, clock, round } = setup(await createWallet());
    for (const status of [0, 502]) {
      world.originStatus = status;
      await round();
      await round();
      clock.advance(4_000);
    }
    expect(sent).toEqual([]);
    world.originStatus = 404;
    await round();
    await round();
    expect(sent).toEqual(['authorise']);
  });

  it('tells why and since when, without the origin', async () => {
    const { world, clock, round, sightOf } = setup(await createWallet());
    world.originStatus = 0;
    await round();
    const first = sightOf();
    expect(first?.why).toMatch(/^its origin does not answer: /);
    expect(first?.why).not.toContain('127.0.0.1');
    clock.advance(10_000);
    await round();
    expect(sightOf()).toMatchObject({ why: first?.why, sinceMs: first?.sinceMs });
    expect(sightOf()?.atMs).toBeGreaterThan(first?.atMs ?? 0);
    world.originStatus = 503;
    clock.advance(100_000);
    await round();
    expect(sightOf()).toMatchObject({ why: 'its origin does not answer: status 503' });
    expect(sightOf()?.sinceMs).toBe(sightOf()?.atMs);
    world.readable = false;
    clock.advance(100_000);
    await round();
    expect(sightOf()?.why).toContain('cannot be decrypted');
  });

  it('looks at an origin that does not answer ever more rarely', async () => {
    const { world, clock, round } = setup(await createWallet());
    world.originStatus = 0;
    for (let i = 0; i < 600; i += 1) {
      await round();
      clock.advance(1_000);
    }
    // At 0, 2, 6, 14, 30, 62 s, then once a minute.
    expect(world.looks).toBeGreaterThan(10);
    expect(world.looks).toBeLessThan(20);
  });

  it('does not vote for settings that it cannot read', async () => {
    const { sent, world, clock, round } = setup(await createWallet());
    world.readable = false;
    for (let i = 0; i < 4; i += 1) {
      await round();
      clock.advance(3_000);
    }
    expect(sent).toEqual([]);
  });

  it('votes for the settings that it has looked at, and looks again when others are in force', async () => {
    const { sent, votes, world, clock, round } = setup(await createWallet());
    world.refuse = 'chain/basis-changed';
    await round();
    await round();
    expect([world.looks, sent]).toEqual([1, []]);
    world.refuse = undefined;
    clock.advance(1_000);
    await round();
    expect(world.looks).toBe(2);
    await round();
    expect(sent).toEqual(['authorise']);
    expect(votes).toEqual([{ settingsVersion: 1 }, { settingsVersion: 1 }]);
  });

  it('neither looks at what its operator denies nor votes for it, until it is taken off the list', async () => {
    const { sent, world, round } = setup(await createWallet());
    world.denied = true;
    for (let i = 0; i < 3; i += 1) expect(await round()).toBe('idle');
    expect([world.looks, sent]).toEqual([0, []]);
    world.denied = false;
    await round();
    await round();
    expect(sent).toEqual(['authorise']);
  });

  it('comes to rest when another guard was quicker', async () => {
    const { world, round } = setup(await createWallet());
    world.refuse = 'chain/wrong-status';
    await round();
    expect(await round()).toBe('idle');
  });
});

it('counts a stake in a pool whose figures overflow for nothing', () => {
  const broken = blankAccount('pool', addressAt(4), {
    reserveMedia: (1n << 64n) - 1n,
    reserveQuote: (1n << 64n) - 1n,
    lpSupply: 1n,
    priceQ32: 1n,
  });
  expect(worthAt(broken, { twapSecs: 60 }, 100n, 1n)).toBe(0n);
  expect(worthAt(pool, { twapSecs: 60 }, 100n, MEDIA)).toBe(2n * MEDIA);
});
