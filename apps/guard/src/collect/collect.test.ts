import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createWallet } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import {
  addressOf,
  buildCommit,
  createSessionKey,
  decodeCommitRequest,
  encodeCommit,
  hourAt,
  signCommit,
  slotAt,
  verifyCommitRequestSignature,
} from '@media-network/protocol';
import { createManualClock } from '@media-network/runtime/testing';
import { address } from '@solana/kit';
import { afterEach, expect, it } from 'vitest';
import { createCounts } from '../counts.ts';
import { sha256 } from '../evidence/blob-roots.ts';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import { createMoments } from '../moments.ts';
import type { Network, Snapshot } from '../network.ts';
import { openHourBook } from '../state/hour-book.ts';
import { openHourLog } from '../state/hour-log.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createCollect } from './collect.ts';
import { createCommitIntake } from './commit-intake.ts';
import { openContradictions } from './contradictions.ts';

const EDGE = addressAt(3);
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const onFailure = (error: unknown): never => {
  throw error;
};

/** A guard beside one edge whose answers the test gives; a minute passes between two rounds. */
async function setup(
  options: { readonly numbers?: readonly number[]; readonly answers?: boolean; readonly by?: string } = {},
) {
  const clock = createManualClock(0);
  const operator = await createWallet();
  const edgeKey = await createSessionKey();
  const signer = address(addressOf(edgeKey.publicKey));
  const config = blankAccount('config', addressAt(9), { sampleSecs: 300, hoursPerWeek: 168 });
  const snapshot: Snapshot = {
    now: 0n,
    readAtMs: 0,
    config,
    guards: [],
    edges: [
      blankAccount('edge', EDGE, {
        status: NODE_STATUS.active,
        control: 'http://edge',
        operator: signer,
        previousOperator: signer,
      }),
    ],
    resources: [],
    pools: [],
  };
  const nowSecs = (): bigint => BigInt(Math.floor(clock.nowMs() / 1_000));
  const network: Network = {
    refresh: async () => snapshot,
    whole: async () => snapshot,
    snapshot: async () => snapshot,
    chainNow: async () => nowSecs(),
    chainNowMs: async () => clock.nowMs(),
    guardSet: async (week) => ({ week, numbers: options.numbers ?? [1], entries: [], usable: true }),
    invalidate: () => undefined,
  };
  const asked: number[] = [];
  const fetch: PeerFetch = {
    get: async () => undefined,
    async post(base, target, body) {
      expect([base, target]).toEqual(['http://edge', '/v1/commit']);
      const request = decodeCommitRequest(body);
      if (request === undefined) throw new Error('not a request');
      expect(await verifyCommitRequestSignature(request, operator.address)).toBe(true);
      asked.push(clock.nowMs());
      if (options.answers === false) return { status: 404, body: new Uint8Array(0) };
      const at = {
        edge: options.by ?? EDGE,
        boot: 1,
        hour: hourAt(config, nowSecs()),
        slot: slotAt(config, nowSecs()),
        unixMs: BigInt(clock.nowMs()),
      };
      const commit = await signCommit(buildCommit(at, [], sha256).body, edgeKey.sign);
      return { status: 200, body: encodeCommit(commit) };
    },
    mayAsk: () => true,
    pull: async () => undefined,
    close: async () => undefined,
  };
  const dir = await mkdtemp(path.join(tmpdir(), 'guard-collect-'));
  const log = await openHourLog(path.join(dir, 'hours'));
  const book = await openHourBook(log, onFailure);
  const moments = createMoments();
  let drawn = 0;
  const collect = createCollect({
    network,
    operator,
    guard: blankAccount('guard', addressAt(7), { no: 1 }),
    fetch,
    intake: createCommitIntake({ book, contradictions: await openContradictions(path.join(dir, 'c')) }),
    book,
    moments,
    counts: createCounts(),
    clock,
    random: () => ((drawn += 1) * 0.377) % 1,
    onFailure,
  });
  closing.push(async () => {
    await collect.close();
    await log.close();
    await rm(dir, { recursive: true });
  });
  const { signal } = new AbortController();
  return {
    asked,
    book,
    moments,
    clock,
    minutes: async (count: number, each: () => void = () => undefined): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        each();
        await collect.round(signal);
        clock.advance(60_000);
      }
    },
  };
}

it('asks an edge about twice an hour, once in each half, and keeps what it signs', async () => {
  const { asked, book, minutes } = await setup();
  await minutes(4 * 60);
  // The first hour is one that the guard came into.
  for (let hour = 1; hour < 4; hour += 1) {
    const parts = asked.map((ms) => ms / 3_600_000 - hour).filter((part) => part >= 0 && part < 1);
    expect(parts).toHaveLength(2);
    expect([(parts[0] ?? 1) < 0.52, (parts[1] ?? 0) >= 0.5]).toEqual([true, true]);
    expect(book.of(EDGE, BigInt(hour)).commits).toHaveLength(2);
    expect(book.of(EDGE, BigInt(hour)).asks).toEqual({ answered: 2, refused: 0 });
  }
  // Never at the same minute of two hours.
  expect(new Set(asked.map((ms) => ms % 3_600_000)).size).toBe(asked.length);
});

it('asks again when it was not answered, a few times an hour', async () => {
  const { asked, book, minutes } = await setup({ answers: false });
  await minutes(3 * 60);
  const { answered, refused } = book.of(EDGE, 2n).asks;
  expect(answered).toBe(0);
  expect(refused).toBeGreaterThanOrEqual(2);
  expect(refused).toBeLessThanOrEqual(4);
  expect(asked.length).toBeLessThanOrEqual(12);
});

it("does not take another edge's commit for an answer", async () => {
  const { book, minutes } = await setup({ by: addressAt(4) });
  await minutes(2 * 60);
  expect(book.of(EDGE, 1n).asks.answered).toBe(0);
  expect(book.of(addressAt(4), 1n).commits).toEqual([]);
});

it('stays away from its own probes', async () => {
  const { asked, moments, clock, minutes } = await setup();
  const probes: number[] = [];
  await minutes(5 * 60, () => {
    // A probe every seven minutes, just before the round.
    if ((clock.nowMs() / 60_000) % 7 !== 0) return;
    moments.mark(EDGE, 'probe', clock.nowMs());
    probes.push(clock.nowMs());
  });
  expect(asked.length).toBeGreaterThan(6);
  for (const ms of asked) expect(probes.every((probe) => ms < probe || ms - probe >= 60_000)).toBe(true);
});

it('asks for nothing without a seat, since nobody would answer', async () => {
  const { asked, book, minutes } = await setup({ numbers: [2, 3] });
  await minutes(60);
  expect(asked).toEqual([]);
  expect(book.of(EDGE, 0n).asks).toEqual({ answered: 0, refused: 0 });
});
