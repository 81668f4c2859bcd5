import { NODE_STATUS } from '@media-network/chain/schema';
import { TYPE, belowKey } from '@media-network/dns';
import { addressOf, createSessionKey, encodeTxtRequest, signTxtRequest } from '@media-network/protocol';
import type { TxtRequestBody } from '@media-network/protocol';
import { createManualClock } from '@media-network/runtime/testing';
import type { ManualClock } from '@media-network/runtime/testing';
import type { Site } from '@media-network/steering';
import type { Address } from '@solana/kit';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRateLimit } from '../rate-limit.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createTxtDesk } from './txt-desk.ts';
import type { TxtDesk } from './txt-desk.ts';

type Key = Awaited<ReturnType<typeof createSessionKey>>;
const [LABEL, PICKY] = ['a'.repeat(20), 'b'.repeat(20)];
const [EDGE, OTHER, GONE] = [addressAt(1), addressAt(2), addressAt(3)];
const NOW = 1_700_000_000;
const value = (n: number): string => String(n).padStart(43, 'v');

let clock: ManualClock;
let keys: Map<string, Key>;
let desk: TxtDesk;

beforeEach(async () => {
  clock = createManualClock();
  keys = new Map();
  for (const each of [EDGE, OTHER, GONE]) keys.set(each, await createSessionKey());
  const operator = (of: string): Address =>
    addressOf(keys.get(of)?.publicKey ?? new Uint8Array(32)) as Address;
  const edges = [EDGE, OTHER, GONE].map((each) =>
    blankAccount('edge', each, {
      operator: operator(each),
      status: each === GONE ? NODE_STATUS.left : NODE_STATUS.active,
    }),
  );
  const sites = new Map<string, Site>([
    [belowKey(LABEL), { seed: 1 }],
    [belowKey(PICKY), { seed: 2, picked: ({ id }) => id === OTHER }],
  ]);
  desk = createTxtDesk({
    // The desk looks at nothing else of it.
    network: { snapshot: async () => ({ edges }) as never, chainNow: async () => BigInt(NOW) },
    state: () => ({ origin: 'net.test', serial: 1, sites, edges: [], byUrl: [], servers: [], issuers: [] }),
    limit: createRateLimit(clock, 1_000),
    clock,
  });
});

async function ask(over: Partial<TxtRequestBody> = {}, by?: string): Promise<string> {
  const request: TxtRequestBody = {
    edge: EDGE,
    what: 'publish',
    unixSecs: BigInt(NOW),
    name: `_acme-challenge.${LABEL}.net.test`,
    value: value(0),
    ...over,
  };
  const key = keys.get(by ?? request.edge);
  if (key === undefined) throw new Error('no key');
  const answer = await desk.take(encodeTxtRequest(await signTxtRequest(request, key.sign)));
  return answer.kind === 'done' ? 'done' : answer.code;
}
const there = (label = LABEL): number =>
  desk.find(belowKey(`_acme-challenge.${label}`))?.rrsets.get(TYPE.TXT)?.rdata.length ?? 0;

describe('a record', () => {
  test('is there until it is taken back, or for a quarter of an hour', async () => {
    expect(await ask()).toBe('done');
    expect(await ask({ edge: OTHER, value: value(1) })).toBe('done');
    expect(there()).toBe(2);
    expect(await ask({ what: 'withdraw' })).toBe('done');
    expect(there()).toBe(1);
    clock.advance(15 * 60_000);
    expect(there()).toBe(0);
  });

  test("of another edge's is not taken away", async () => {
    await ask();
    expect(await ask({ edge: OTHER, what: 'withdraw' })).toBe('done');
    expect(there()).toBe(1);
  });

  test('stands beside seven others of the name, and no more', async () => {
    for (let n = 0; n < 8; n += 1) expect(await ask({ value: value(n) })).toBe('done');
    expect(await ask({ value: value(8) })).toBe('guard/too-many-records');
    expect(await ask({ value: value(7) })).toBe('done');
    clock.advance(15 * 60_000);
    expect(await ask({ value: value(8) })).toBe('done');
  });
});

test.each<[string, Partial<TxtRequestBody>, string]>([
  ['the zone itself', { name: '_acme-challenge.net.test' }, 'guard/not-its-name'],
  ['a site that is not there', { name: `_acme-challenge.${'c'.repeat(20)}.net.test` }, 'guard/not-its-name'],
  ['a site that picks other edges', { name: `_acme-challenge.${PICKY}.net.test` }, 'guard/not-its-name'],
  ['the site itself', { name: `${LABEL}.net.test` }, 'guard/not-its-name'],
  ['another zone', { name: `_acme-challenge.${LABEL}.net.testx` }, 'guard/not-its-name'],
  ['a name below', { name: `_acme-challenge.x.${LABEL}.net.test` }, 'guard/not-its-name'],
  ['a name server', { name: '_acme-challenge.ns1.net.test' }, 'guard/not-its-name'],
  ['a value that no CA asks for', { value: 'v=spf1 -all' }, 'guard/bad-request'],
  ['an old request', { unixSecs: BigInt(NOW - 61) }, 'guard/wrong-time'],
  ['one from the future', { unixSecs: BigInt(NOW + 61) }, 'guard/wrong-time'],
  ['an edge that has left', { edge: GONE }, 'guard/edge-not-active'],
  ['an edge that nobody knows', { edge: addressAt(9) }, 'guard/edge-not-active'],
])('none for %s', async (_what, over, code) => {
  const by = over.edge !== undefined && keys.has(over.edge) ? over.edge : EDGE;
  expect(await ask(over, by)).toBe(code);
  expect(there()).toBe(0);
});

test('none that another key signed, and none of what is no request', async () => {
  expect(await ask({}, OTHER)).toBe('guard/bad-signature');
  expect(await desk.take(new Uint8Array(200))).toMatchObject({ code: 'guard/bad-request' });
  expect(await ask({ edge: OTHER, name: `_acme-challenge.${PICKY}.net.test` })).toBe('done');
  expect(there(PICKY)).toBe(1);
});
