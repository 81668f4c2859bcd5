import {
  addressBytes,
  addressOf,
  createSessionKey,
  decodeShareRequest,
  toHex,
} from '@media-network/protocol';
import { encodeEdgeShares, signEdgeShares, verifyShareRequestSignature } from '@media-network/protocol';
import type { ShareRequest, SignBytes } from '@media-network/protocol';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { address } from '@solana/kit';
import { expect, it } from 'vitest';
import type { GuardView, SetGuard } from '../chain/edge-chain.ts';
import { createMoments } from '../chain/moments.ts';
import { evidenceReaders } from '../journal/evidence-readers.ts';
import { createLedger } from '../journal/ledger.ts';
import { createShareSync } from './share-sync.ts';
import { createShare } from './share.ts';
import type { Tenant } from './tenant-book.ts';

const account = (n: number) => address(addressOf(new Uint8Array(32).fill(n)));
const EDGE = account(1);
const PERIODS = {
  epochZero: 0,
  sampleSecs: 100,
  reportSlots: 6,
  verdictSlots: 12,
  finalHours: 24,
  lateHours: 336,
  hoursPerWeek: 168,
};

const chainMsAt = (ms: number): number => ms;

/** What a guard of a test answers; undefined: nothing. */
type Says = (resource: string, request: ShareRequest) => bigint | undefined;

async function setup(says: readonly (Says | undefined)[], members = says.length) {
  const clock = createManualClock(1_000_000);
  const operator = await createSessionKey();
  const ledger = createLedger(evidenceReaders);
  const { moments } = createMoments({ chainMsAt, periods: PERIODS }, clock);
  const asked: { readonly guard: number; readonly request: ShareRequest }[] = [];
  const guards: GuardView[] = [];
  const signs: SignBytes[] = [];
  for (const no of says.keys()) {
    const key = await createSessionKey();
    guards.push({ no, operator: address(addressOf(key.publicKey)), endpoint: `http://guard-${no}` });
    signs.push(key.sign);
  }
  const set = new Map<string, SetGuard>(
    guards.slice(0, members).map(({ no, operator: key }) => [account(100 + no), { no, operator: key }]),
  );
  /** Makes what guards send something else. */
  const world = { spoil: (answer: Uint8Array): Uint8Array => answer };
  const fetch: typeof globalThis.fetch = async (url, init) => {
    // The sync asks by URL.
    const no = Number(/guard-(\d+)/.exec((url as URL).host)?.[1]);
    // The sync posts bytes and nothing else.
    const request = decodeShareRequest(init?.body as Uint8Array);
    if (request === undefined) throw new Error('no request');
    expect(await verifyShareRequestSignature(request, addressOf(operator.publicKey))).toBe(true);
    asked.push({ guard: no, request });
    const say = says[no];
    if (say === undefined) return new Response(null, { status: 503 });
    const shares = request.served.flatMap(({ resource }) => {
      const bytes = say(resource, request);
      return bytes === undefined ? [] : [{ resource, bytes }];
    });
    const answer = await signEdgeShares(
      { guard: account(100 + no), edge: EDGE, sample: request.sample, shares },
      signs[no] ?? operator.sign,
    );
    return new Response(new Uint8Array(world.spoil(encodeEdgeShares(answer))));
  };
  const tenants = new Map<string, Tenant>();
  const sync = createShareSync({
    chain: { guards: () => guards, setOfWeek: async () => set, edge: EDGE, periods: PERIODS },
    tenants: { byKey: (key) => tenants.get(key) },
    ledger,
    moments,
    sign: operator.sign,
    fetch,
    clock,
    log: silentLog,
    random: () => 0,
  });
  function add(n: number) {
    const at = account(n);
    const key = toHex(addressBytes(at));
    const share = createShare({
      sampleAt: (ms) => Math.floor(ms / 100_000),
      startMs: (sample) => sample * 100_000,
      served: (sample) => ledger.bytesInSample(key, sample),
      onWanted: () => sync.want(key),
    });
    // The sync looks at nothing else of a tenant.
    tenants.set(key, { key, share, view: { address: at } } as Tenant);
    return {
      at,
      share,
      serve(bytes: number) {
        ledger.addServed(key, moments().sample, bytes);
        share.spend(bytes);
      },
      room: () => share.roomBytes(moments().chainMs),
    };
  }
  return { clock, sync, asked, add, world };
}

it('asks at once about what somebody asks for, and lets as much be served as most guards say', async () => {
  const { sync, asked, add } = await setup([() => 900n, () => 100n, () => 500n]);
  const mine = add(5);
  expect(await sync.task.runNow()).toBe('idle');
  expect(asked).toHaveLength(0);
  mine.serve(40);
  await sync.task.runNow();
  expect(new Set(asked.map(({ guard }) => guard))).toEqual(new Set([0, 1, 2]));
  expect(asked[0]?.request).toMatchObject({
    edge: EDGE,
    sample: 10n,
    unixSecs: 1_000n,
    served: [{ resource: mine.at, before: 0n, soFar: 40n }],
  });
  expect(mine.room()).toBe(460);
  expect(await sync.task.runNow()).toBe('idle');
  expect(asked).toHaveLength(3);
});

it('tells guards in the middle of a sample what it serves, and asks them about the next', async () => {
  const { clock, sync, asked, add } = await setup([(_, { sample }) => sample * 100n]);
  const mine = add(5);
  mine.serve(40);
  await sync.task.runNow();
  asked.length = 0;
  for (const seconds of [39, 1, 24, 1, 30]) {
    clock.advance(seconds * 1_000);
    await sync.task.runNow();
  }
  expect(asked.map(({ request }) => [request.unixSecs, request.sample])).toEqual([
    [1_040n, 10n],
    [1_065n, 11n],
  ]);
  expect(mine.room()).toBe(960);
  clock.advance(6_000);
  expect(mine.room()).toBe(1_100);
  // One that is not served any more is not asked about, but for what it had in the sample before.
  for (const seconds of [65, 100, 100]) {
    clock.advance(seconds * 1_000);
    await sync.task.runNow();
  }
  expect(asked.map(({ request }) => request.sample)).toEqual([10n, 11n, 11n, 12n]);
});

it('goes by the guards of the week, and by no share where half of them say nothing', async () => {
  const outvoted = await setup([() => 900n, () => 900n, () => 7n], 2);
  const first = outvoted.add(5);
  first.serve(1);
  await outvoted.sync.task.runNow();
  expect(outvoted.asked).toHaveLength(2);
  expect(first.room()).toBe(899);
  const silent = await setup([() => 900n, undefined, undefined]);
  const second = silent.add(5);
  second.serve(1);
  await silent.sync.task.runNow();
  expect(second.room()).toBeGreaterThan(2 ** 50);
});

it('asks again after a while where too few have answered, and not before', async () => {
  let answers = false;
  const { clock, sync, asked, add } = await setup([() => (answers ? 900n : undefined)]);
  const mine = add(5);
  mine.serve(1);
  for (let round = 0; round < 5; round += 1) await sync.task.runNow();
  expect(asked).toHaveLength(1);
  answers = true;
  clock.advance(10_000);
  await sync.task.runNow();
  expect(asked).toHaveLength(2);
  expect(mine.room()).toBe(899);
  clock.advance(10_000);
  await sync.task.runNow();
  expect(asked).toHaveLength(2);
});

it('leaves a guard that does not answer alone for a while', async () => {
  const { clock, sync, asked, add } = await setup([() => 900n, undefined]);
  add(5).serve(1);
  await sync.task.runNow();
  add(6).serve(1);
  await sync.task.runNow();
  expect(asked.map(({ guard }) => guard).toSorted((a, b) => a - b)).toEqual([0, 0, 1]);
  clock.advance(10_000);
  add(7).serve(1);
  await sync.task.runNow();
  expect(asked.filter(({ guard }) => guard === 1)).toHaveLength(2);
});

it('hears nothing that is not signed, of another edge or sample, or no answer', async () => {
  for (const spoil of [
    (answer: Uint8Array) => answer.with(answer.length - 1, (answer.at(-1) ?? 0) ^ 1),
    (answer: Uint8Array) => answer.with(40, (answer[40] ?? 0) ^ 1),
    (answer: Uint8Array) => answer.with(64, 11),
    (answer: Uint8Array) => answer.subarray(1),
    () => new Uint8Array(0),
  ]) {
    const { sync, asked, add, world } = await setup([() => 900n]);
    world.spoil = spoil;
    const mine = add(5);
    mine.serve(1);
    await sync.task.runNow();
    expect(asked).toHaveLength(1);
    expect(mine.room()).toBeGreaterThan(2 ** 50);
  }
});

it('asks for more when a quarter is left, until guards give no more', async () => {
  const given = [1_000n, 1_200n, 1_200n];
  const { sync, asked, add } = await setup([() => given[Math.min(asked.length, 3) - 1] ?? 0n]);
  const mine = add(5);
  mine.serve(1);
  await sync.task.runNow();
  mine.serve(760);
  await sync.task.runNow();
  expect(asked.map(({ request }) => request.served[0]?.soFar)).toEqual([1n, 761n]);
  expect(mine.room()).toBe(439);
  mine.serve(200);
  await sync.task.runNow();
  mine.serve(200);
  await sync.task.runNow();
  expect(asked).toHaveLength(3);
  expect(mine.room()).toBe(39);
});
