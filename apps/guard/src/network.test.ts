import type { MediaClient } from '@media-network/chain';
import { createManualClock } from '@media-network/runtime/testing';
import { expect, it } from 'vitest';
import { byAddress, createNetwork } from './network.ts';
import { addressAt, blankAccount } from './testing-accounts.ts';

function chain() {
  const config = blankAccount('config', addressAt(9), {
    epochZero: 0n,
    sampleSecs: 1,
    hoursPerWeek: 10,
    minGuards: 9,
  });
  const order: string[] = [];
  const calls = { config: 0, guardSet: 0, relist: 0 };
  const world = { now: 100n, members: 1, fail: false };
  const reads: Pick<MediaClient, 'chainTime' | 'config' | 'guards' | 'edges' | 'pools' | 'guardSet'> = {
    async chainTime() {
      order.push('chainTime');
      return world.now;
    },
    async config() {
      calls.config += 1;
      if (world.fail) throw new Error('no chain');
      return config;
    },
    guards: async () => [blankAccount('guard', addressAt(3), { no: 1, operator: addressAt(1) })],
    edges: async () => [],
    async pools() {
      order.push('pools');
      return [];
    },
    async guardSet(week) {
      calls.guardSet += 1;
      const set = blankAccount('guardSet', addressAt(4), { week, count: world.members, minGuards: 2 });
      return { ...set, entries: set.entries.map((entry, i) => ({ ...entry, no: i + 1 })) };
    },
  };
  const listed = [blankAccount('resource', addressAt(7), {})];
  const resources = {
    async all() {
      order.push('resources');
      return listed;
    },
    async relist() {
      calls.relist += 1;
      order.push('resources');
      return listed;
    },
    touch: (addresses: readonly string[]) => void order.push(`touch ${addresses.join(' ')}`),
  };
  // The network calls nothing else of the client.
  const client = reads as MediaClient;
  const clock = createManualClock();
  return { world, calls, order, clock, network: createNetwork(client, resources, clock, 1_000) };
}

it('reads once for all who ask at the same time, and anew for each round', async () => {
  const { network, calls, clock } = chain();
  await Promise.all([network.refresh(), network.refresh(), network.snapshot()]);
  expect(calls.config).toBe(1);
  await network.snapshot();
  expect(calls.config).toBe(1);
  await network.refresh();
  expect(calls.config).toBe(2);
  clock.advance(1_000);
  await network.snapshot();
  expect(calls.config).toBe(3);
  network.invalidate();
  await network.snapshot();
  expect(calls.config).toBe(4);
});

it('carries chain time on by the local clock', async () => {
  const { network, clock } = chain();
  expect(await network.chainNow()).toBe(100n);
  clock.advance(900);
  expect(await network.chainNow()).toBe(100n);
  clock.advance(99);
  expect(await network.chainNow()).toBe(100n);
});

it('carries it on in milliseconds too', async () => {
  const { network, clock } = chain();
  expect(await network.chainNowMs()).toBe(100_000);
  clock.advance(250);
  expect(await network.chainNowMs()).toBe(100_250);
});

it('is not stuck with a read that failed', async () => {
  const { network, world } = chain();
  world.fail = true;
  await expect(network.snapshot()).rejects.toThrow('no chain');
  world.fail = false;
  expect((await network.snapshot()).now).toBe(100n);
});

it('reads a set again until it is usable, then never', async () => {
  const { network, world, calls } = chain();
  const snapshot = await network.refresh();
  expect(await network.guardSet(0n, snapshot)).toMatchObject({ usable: false, numbers: [1] });
  world.members = 2;
  expect(await network.guardSet(0n, snapshot)).toMatchObject({ usable: true, numbers: [1, 2] });
  await network.guardSet(0n, snapshot);
  expect(calls.guardSet).toBe(2);
  // Enough guards, but its week has not begun.
  expect(await network.guardSet(1n, snapshot)).toMatchObject({ usable: false });
});

it('does not take what it began to read before its own transaction for what is there after it', async () => {
  const { network, world, calls } = chain();
  const before = network.refresh();
  network.invalidate();
  world.now = 200n;
  await before;
  expect((await network.snapshot()).now).toBe(200n);
  expect(calls.config).toBe(2);
});

it('reads the time before what it is compared with', async () => {
  const { network, order } = chain();
  await network.refresh();
  expect(order[0]).toBe('chainTime');
  expect(order).toContain('resources');
});

it('follows resources, and lists them once an hour and when it is asked to', async () => {
  const { network, world, calls, order } = chain();
  const first = await network.refresh();
  for (let round = 0; round < 20; round += 1)
    expect((await network.refresh()).resources).toBe(first.resources);
  expect(calls.relist).toBe(1);
  world.now += 12n;
  await network.refresh();
  await network.refresh();
  expect(calls.relist).toBe(2);
  await network.whole();
  expect(calls.relist).toBe(3);
  network.invalidate([addressAt(7)]);
  expect(order.at(-1)).toBe(`touch ${addressAt(7)}`);
  expect(byAddress(first).get(addressAt(7))).toBe(first.resources[0]);
  expect(byAddress(await network.refresh())).toBe(byAddress(first));
});
