import { createWallet } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import {
  decodeFindingList,
  encodeFindingList,
  encodeFindingRequest,
  signFindingRequest,
} from '@media-network/protocol';
import type { FindingRequestBody } from '@media-network/protocol';
import { signEvidence } from '@media-network/chain';
import { createManualClock } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import type { Snapshot } from '../network.ts';
import { createRateLimit } from '../rate-limit.ts';
import { OWN_LOOK } from '../state/hour-book.ts';
import type { EdgeHour, Look } from '../state/hour-book.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createFindingDesk } from './finding-desk.ts';
import { createFindingSync } from './finding-sync.ts';
import { createFindings } from './findings.ts';
import type { Findings } from './findings.ts';

const [EDGE, HONEST, RESOURCE, OTHER] = [addressAt(50), addressAt(51), addressAt(60), addressAt(61)];
const HOUR = 30n;
const HOUR_SECS = 3_600n;
const CONFIG = blankAccount('config', addressAt(1), {
  epochZero: 0n,
  sampleSecs: 300,
  hoursPerWeek: 168,
});
const look = (finding: Look['finding'], i: number, resource = RESOURCE, by = OWN_LOOK): Look => ({
  resource,
  target: `${i % 10}`.repeat(64),
  bodyHash: (finding === 'wrong' ? `${i % 10}` : 'a').repeat(64),
  finding,
  by,
});

interface Seat {
  readonly operator: Signer;
  readonly looks: Look[];
  findings: Findings;
  answer: (body: Uint8Array) => Promise<Uint8Array | undefined>;
  sync: (signal: AbortSignal) => Promise<unknown>;
}

/** Guards of one set, each with its own eyes, that ask each other by the bytes on the wire. */
async function guards(count: number, removedAt = 0n) {
  const clock = createManualClock(Number(HOUR * HOUR_SECS + 60n) * 1_000);
  const now = (): bigint => BigInt(Math.floor(clock.nowMs() / 1_000));
  const operators = await Promise.all(Array.from({ length: count }, () => createWallet()));
  const accounts = operators.map((operator, i) =>
    blankAccount('guard', addressAt(10 + i), {
      no: i + 1,
      operator: operator.address,
      status: NODE_STATUS.active,
      endpoint: `http://guard-${i}`,
    }),
  );
  const edges = [EDGE, HONEST].map((at) =>
    blankAccount('edge', at, {
      status: NODE_STATUS.active,
      removedAt: at === EDGE ? removedAt : 0n,
    }),
  );
  const snapshot = (): Snapshot => ({
    now: now(),
    readAtMs: clock.nowMs(),
    config: CONFIG,
    guards: accounts,
    edges,
    resources: [RESOURCE, OTHER].map((at, i) =>
      blankAccount('resource', at, { publisher: addressAt(70 + i), status: RESOURCE_STATUS.active }),
    ),
    pools: [],
  });
  const network = {
    snapshot: async () => snapshot(),
    chainNow: async () => now(),
    guardSet: async (week: bigint) => ({
      week,
      usable: true,
      numbers: accounts.map(({ no }) => no),
      entries: accounts.map(({ address, no }) => ({ guard: String(address), no, worth: 1n })),
    }),
  };
  const seats: Seat[] = accounts.map((guard, i) => {
    const looks: Look[] = [];
    const operator = operators[i]!;
    const book = {
      edgesOf: () => [EDGE, HONEST],
      of: (edge: string, hour: bigint): EdgeHour => ({
        asks: { answered: 0, refused: 0 },
        contacts: { answered: 0, silent: 0 },
        probed: new Map(),
        looks: edge === EDGE && hour === HOUR ? looks : [],
        commits: [],
      }),
    };
    const findings = createFindings({ network, book, guard, operator });
    const desk = createFindingDesk({ network, findings, limit: createRateLimit(clock, 3) });
    const sync = createFindingSync({
      network,
      findings,
      guard,
      operator,
      clock,
      fetch: {
        async post(baseUrl, _target, body) {
          const answer = await seats[Number(baseUrl.split('-')[1])]!.answer(body);
          return answer === undefined ? undefined : { status: 200, body: answer };
        },
      },
    });
    return {
      operator,
      looks,
      findings,
      sync: (signal) => sync.round(signal),
      answer: async (body) => {
        const answer = await desk.answer(body);
        return answer.kind === 'list' ? answer.list : undefined;
      },
    };
  });
  const gossip = async (): Promise<void> => {
    clock.advance(31_000);
    for (const seat of seats) await seat.sync(new AbortController().signal);
  };
  const judge = (i: number, edge = EDGE) =>
    seats[i]!.findings.judge(
      snapshot(),
      edges.find(({ address }) => address === edge)!,
    );
  return { clock, accounts, operators, seats, gossip, judge, snapshot, network, now };
}

const see = (seat: Seat, right: number, wrong: number, resource = RESOURCE): void => {
  for (let i = 0; i < right; i += 1) seat.looks.push(look('right', i, resource));
  for (let i = 0; i < wrong; i += 1) seat.looks.push(look('wrong', i, resource));
};

test('an origin that shows one edge another face than guards does not have it voted out, where it is right elsewhere', async () => {
  const { seats, gossip, judge } = await guards(4);
  for (const seat of seats) see(seat, 0, 30);
  await gossip();
  for (const seat of seats) see(seat, 8, 0, OTHER);
  for (const i of [0, 1, 2, 3]) expect((await judge(i)).kind).toBe('unsure');
  // Two publishers do not have one origin.
  see(seats[0]!, 0, 1, OTHER);
  expect((await judge(0)).kind).toBe('guilty');
  await gossip();
  expect((await judge(1)).kind).toBe('unsure');
});

test('what one guard found the others look into, and a quorum is sure of it together', async () => {
  const { seats, gossip, judge } = await guards(4);
  see(seats[0]!, 40, 2);
  await gossip();
  // The word of one convicts nobody: each other guard is to look for itself.
  for (const i of [0, 1, 2, 3]) expect((await judge(i)).kind).toBe('unsure');
  for (const i of [1, 2, 3])
    expect(seats[i]!.findings.toSecond(EDGE, HOUR)).toMatchObject({ resource: RESOURCE });
  expect(seats[0]!.findings.toSecond(EDGE, HOUR)).toBeUndefined();
  expect(seats[1]!.findings.toSecond(HONEST, HOUR)).toBeUndefined();

  see(seats[1]!, 40, 2);
  see(seats[2]!, 40, 1);
  see(seats[3]!, 40, 0);
  for (const seat of seats) see(seat, 40, 1, OTHER);
  await gossip();
  for (const i of [0, 1, 2, 3]) expect(await judge(i), `guard ${i}`).toMatchObject({ kind: 'guilty' });
});

test('an inquiry ends after its looks, and a guard that accuses everybody has eight edges looked into in an hour', async () => {
  const { seats, gossip } = await guards(3);
  see(seats[0]!, 4, 1);
  await gossip();
  const { findings } = seats[1]!;
  for (let i = 0; i < 60; i += 1) {
    expect(findings.toSecond(EDGE, HOUR)).toBeDefined();
    findings.seconded(EDGE, HOUR);
  }
  expect(findings.toSecond(EDGE, HOUR)).toBeUndefined();

  const target = new Uint8Array(32);
  const all = Array.from({ length: 20 }, (_, i) => ({
    guard: addressAt(12),
    edge: addressAt(100 + i),
    from: HOUR,
    until: HOUR,
    looks: 9,
    wrong: 9,
    resource: RESOURCE,
    target,
    signature: new Uint8Array(64),
  }));
  findings.hear(addressAt(12), all, HOUR);
  expect(all.filter(({ edge }) => findings.toSecond(edge, HOUR) !== undefined)).toHaveLength(8);
});

test('findings in another name, of nobody’s edge, badly signed or too many are not heard', async () => {
  const { seats, gossip, operators } = await guards(3);
  see(seats[0]!, 1, 3);
  const list = decodeFindingList((await seats[0]!.answer(await request(0)))!)!;
  expect(list).toHaveLength(1);
  const [finding] = list;
  const forged = [
    { ...finding!, guard: addressAt(11) },
    { ...finding!, edge: addressAt(99) },
    { ...finding!, wrong: 4 },
  ];
  for (const each of forged) {
    seats[0]!.answer = async () => encodeFindingList([each]);
    await gossip();
    expect(seats[1]!.findings.heard).toBe(0);
  }
  async function request(i: number, change: Partial<FindingRequestBody> = {}): Promise<Uint8Array> {
    const unixSecs = HOUR * HOUR_SECS + 60n;
    return encodeFindingRequest(
      await signFindingRequest({ asker: addressAt(10 + i), unixSecs, ...change }, (message) =>
        signEvidence(operators[i]!, message),
      ),
    );
  }
});

test('findings are told to active guards alone, for now, and not without end', async () => {
  const { clock, network, seats, accounts, operators } = await guards(2);
  const [seat] = seats;
  const desk = createFindingDesk({
    network,
    findings: seat!.findings,
    limit: createRateLimit(clock, 1),
  });
  const ask = async (change: Partial<FindingRequestBody>, by = operators[1]!) =>
    desk.answer(
      encodeFindingRequest(
        await signFindingRequest(
          { asker: accounts[1]!.address, unixSecs: await network.chainNow(), ...change },
          (message) => signEvidence(by, message),
        ),
      ),
    );
  expect(await desk.answer(new Uint8Array(103))).toMatchObject({ code: 'guard/bad-request' });
  expect(await ask({ asker: EDGE })).toMatchObject({ code: 'guard/not-a-guard' });
  expect(await ask({}, operators[0])).toMatchObject({ code: 'guard/bad-signature' });
  expect(await ask({ unixSecs: (await network.chainNow()) - 61n })).toMatchObject({
    code: 'guard/wrong-time',
  });
  expect(await ask({})).toMatchObject({ kind: 'list' });
  expect(await ask({})).toMatchObject({ code: 'guard/too-many-requests' });
});

test('of hours up to its removal an edge answers no more', async () => {
  const { seats, judge, gossip } = await guards(3, HOUR * HOUR_SECS + 5n);
  for (const seat of seats) see(seat, 4, 9);
  await gossip();
  for (const i of [0, 1, 2]) expect((await judge(i)).kind).toBe('unsure');
});
