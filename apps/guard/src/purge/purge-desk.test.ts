import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createWallet, signEvidence } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import {
  decodePurgeList,
  encodePurge,
  encodePurgeListRequest,
  signPurge,
  signPurgeListRequest,
} from '@media-network/protocol';
import type { PurgeBody, PurgeList, PurgeListRequestBody } from '@media-network/protocol';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRateLimit } from '../rate-limit.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createPurgeDesk } from './purge-desk.ts';
import type { PurgeDesk } from './purge-desk.ts';
import { openPurgeLog } from './purge-log.ts';
import type { PurgeLog } from './purge-log.ts';

const RESOURCE = addressAt(1);
const THEIRS = addressAt(2);
const EDGE = addressAt(3);
const GONE = addressAt(4);
const OTHER_GUARD = addressAt(5);
const DAY_MS = 86_400_000;
/** Asks where a list ends. */
const END = 2n ** 64n - 1n;

let dir = '';
let log: PurgeLog;
let desk: PurgeDesk;
let nowMs = 0;
let publisher: Signer;
let stranger: Signer;
let operator: Signer;
let count = 0;

async function open(perMinute = 100_000): Promise<void> {
  log = await openPurgeLog(dir);
  const snapshot = {
    resources: [
      blankAccount('resource', RESOURCE, { publisher: publisher.address }),
      blankAccount('resource', THEIRS, { publisher: stranger.address }),
    ],
    edges: [
      blankAccount('edge', EDGE, { operator: operator.address, status: NODE_STATUS.active }),
      blankAccount('edge', GONE, { operator: operator.address, status: NODE_STATUS.left }),
    ],
    guards: [blankAccount('guard', OTHER_GUARD, { operator: operator.address, status: NODE_STATUS.active })],
  };
  const network = {
    // The desk looks at nothing else of it.
    snapshot: async () => snapshot as never,
    chainNowMs: async () => nowMs,
  };
  desk = createPurgeDesk({
    network,
    purges: log,
    limit: createRateLimit(createManualClock(), perMinute),
    log: silentLog,
  });
}

async function purge(over: Partial<PurgeBody> = {}, by: Signer = publisher): Promise<Uint8Array> {
  count += 1;
  const body: PurgeBody = {
    resource: RESOURCE,
    what: [{ kind: 'target', target: `/${count}` }],
    soft: false,
    unixMs: BigInt(nowMs),
    nonce: new Uint8Array(16),
    ...over,
  };
  return encodePurge(await signPurge(body, (message) => signEvidence(by, message)));
}

async function asked(over: Partial<PurgeListRequestBody> = {}, by: Signer = operator): Promise<Uint8Array> {
  const body = {
    asker: EDGE,
    resource: undefined,
    log: new Uint8Array(16),
    after: 0n,
    unixSecs: BigInt(Math.floor(nowMs / 1_000)),
    ...over,
  };
  return encodePurgeListRequest(await signPurgeListRequest(body, (message) => signEvidence(by, message)));
}

async function list(over: Partial<PurgeListRequestBody> = {}): Promise<PurgeList> {
  const answer = await desk.list(await asked(over));
  const told = answer.kind === 'list' ? decodePurgeList(answer.list) : undefined;
  if (told === undefined) throw new Error(JSON.stringify(answer));
  return told;
}

beforeEach(async () => {
  nowMs = 1_700_000_000_000;
  dir = await mkdtemp(path.join(tmpdir(), 'guard-purges-'));
  [publisher, stranger, operator] = await Promise.all([createWallet(), createWallet(), createWallet()]);
  await open();
});
afterEach(async () => {
  await log.close();
  await rm(dir, { recursive: true });
});

describe('purges', () => {
  it('are kept once, told in order, by resource and from where somebody was, and are there after a restart', async () => {
    const first = await purge();
    expect(await desk.take(first)).toMatchObject({ kind: 'kept', known: false });
    expect(await desk.take(first)).toMatchObject({ kind: 'kept', known: true });
    const theirs = await purge({ resource: THEIRS }, stranger);
    await desk.take(theirs);
    const all = await list();
    expect(all.purges).toEqual([first, theirs]);
    expect((await list({ resource: RESOURCE })).purges).toEqual([first]);
    const end = await list({ after: END });
    expect(end).toMatchObject({ next: all.next, missingMs: 0n, purges: [] });
    const second = await purge();
    await desk.take(second);
    expect((await list({ log: end.log, after: end.next })).purges).toEqual([second]);
    await log.close();
    // What a kill cut off in the middle.
    await appendFile(path.join(dir, 'purges.jsonl'), '{"number":9,"id":"x","reso');
    await open();
    expect((await list()).purges).toEqual([first, theirs, second]);
    const third = await purge();
    await desk.take(third);
    expect((await list({ log: end.log, after: end.next })).purges).toEqual([second, third]);
    // Numbers of another list mean nothing here: it is told whole.
    expect((await list({ log: new Uint8Array(16).fill(9), after: 3n })).purges).toHaveLength(4);
  });

  it('are refused where they are none, of nobody, at no time or by another, or too many', async () => {
    const cases: (readonly [Uint8Array, string])[] = [
      [new Uint8Array(10), 'purge/malformed'],
      [await purge({ resource: addressAt(99) }), 'purge/unknown-resource'],
      [await purge({ unixMs: BigInt(nowMs - 61_000) }), 'purge/bad-time'],
      [await purge({ unixMs: BigInt(nowMs + 61_000) }), 'purge/bad-time'],
      [await purge({}, stranger), 'purge/bad-signature'],
      [await purge({ resource: THEIRS }), 'purge/bad-signature'],
    ];
    for (const [bytes, code] of cases)
      expect(await desk.take(bytes)).toMatchObject({ kind: 'refused', code });
    expect((await list()).purges).toEqual([]);
    await log.close();
    await open(2);
    await desk.take(await purge());
    await desk.take(await purge());
    expect(await desk.take(await purge())).toMatchObject({ status: 429, code: 'purge/too-many' });
    expect(await desk.take(await purge({ resource: THEIRS }, stranger))).toMatchObject({ kind: 'kept' });
  });

  it('come from other guards as their publishers signed them, and as old as they are kept', async () => {
    const old = await purge({ unixMs: BigInt(nowMs - 6 * DAY_MS) });
    for (const bytes of [
      old,
      await purge({ unixMs: BigInt(nowMs - 9 * DAY_MS) }),
      await purge({ unixMs: BigInt(nowMs + DAY_MS) }),
      await purge({}, stranger),
      new Uint8Array(200),
    ])
      await desk.hear(bytes);
    expect((await list()).purges).toEqual([old]);
  });

  it('are bounded for each resource and in age, and it is told since when some are missing', async () => {
    const old = await purge();
    await desk.take(old);
    const oldMs = nowMs;
    await desk.take(await purge({ resource: THEIRS }, stranger));
    const end = await list({ after: END });
    nowMs += 7 * DAY_MS + 1;
    await desk.take(await purge());
    expect(await list({ resource: RESOURCE })).toMatchObject({ missingMs: BigInt(oldMs) });
    expect((await list({ resource: RESOURCE })).purges).toHaveLength(1);
    // Who had heard them misses none.
    expect(await list({ log: end.log, after: end.next })).toMatchObject({ missingMs: 0n });
    for (let i = 0; i < 1_000; i += 1) {
      nowMs += 1;
      await desk.hear(await purge());
    }
    const told = await list({ resource: RESOURCE });
    expect([told.purges.length, told.missingMs]).toEqual([1_000, BigInt(nowMs - 1_000)]);
    expect(await list({ log: end.log, after: end.next })).toMatchObject({ missingMs: BigInt(nowMs - 1_000) });
    await log.close();
    await open();
    expect((await list({ resource: RESOURCE })).missingMs).toBe(BigInt(nowMs - 1_000));
    // Long ones count by their bytes.
    const long = Array.from({ length: 40 }, (_, i) => `/${String(i).repeat(4_000)}`);
    for (const target of long) await desk.hear(await purge({ what: [{ kind: 'target', target }] }));
    const bytes = (await list({ resource: RESOURCE })).purges.reduce((sum, each) => sum + each.length, 0);
    expect(bytes).toBeLessThanOrEqual(262_144);
  });
});

describe('a list', () => {
  it('is for active edges and guards of the network, who sign for it in time', async () => {
    const cases: (readonly [Uint8Array, string])[] = [
      [new Uint8Array(10), 'guard/bad-request'],
      [await asked({ asker: GONE }), 'guard/edge-not-active'],
      [await asked({ asker: addressAt(99) }), 'guard/edge-not-active'],
      [await asked({ unixSecs: BigInt(Math.floor(nowMs / 1_000) - 61) }), 'guard/wrong-time'],
      [await asked({}, stranger), 'guard/bad-signature'],
    ];
    for (const [request, code] of cases)
      expect(await desk.list(request)).toMatchObject({ kind: 'refused', code });
    expect(await desk.list(await asked({ asker: OTHER_GUARD }))).toMatchObject({ kind: 'list' });
  });
});
