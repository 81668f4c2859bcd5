import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Found, MediaClient } from '@media-network/chain';
import { HOUR_STATUS, RESOURCE_STATUS, VERDICT_STATUS } from '@media-network/chain/schema';
import {
  EMPTY_ROOT,
  createSessionKey,
  decodeHour,
  encodeVerdict,
  holdingOf,
  holdingPiece,
  toHex,
} from '@media-network/protocol';
import type { Level } from '@media-network/protocol';
import { silentLog } from '@media-network/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../evidence/blob-roots.ts';
import { createEvidenceSource } from '../evidence/evidence-source.ts';
import { openEvidenceStore } from '../evidence/evidence-store.ts';
import { createHasher } from '../evidence/hasher.ts';
import { createPeerFetch } from '../evidence/peer-fetch.ts';
import { createSessionBook } from '../inspect/session-book.ts';
import type { Network, Snapshot } from '../network.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { startTestEdge, vouchedSession } from '../testing-evidence.ts';
import type { TestEdge, TestEdgeOptions } from '../testing-evidence.ts';
import { computeHour, loadHour } from './compute-hour.ts';
import { createMeterState } from './meter-state.ts';

const HOUR = 5n;
const RESOURCE = addressAt(1);
const VOUCHING = await createSessionKey();
const signal = new AbortController().signal;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function edgeAt(index: number, change: Partial<TestEdgeOptions> = {}): Promise<TestEdge> {
  const edge = await startTestEdge({
    at: 10 + index,
    index,
    hour: HOUR,
    traffic: [{ resource: RESOURCE, perSlot: 1_000_000n + BigInt(index) }],
    ...change,
  });
  closing.push(() => edge.close());
  return edge;
}

/** A verdict account as it is after its reveal. */
function revealOf(
  no: number,
  levels: readonly Level[],
  edges: readonly TestEdge[],
  change: Partial<Found<'verdict'>> = {},
): Found<'verdict'> {
  const guard = addressAt(70 + no);
  const held = edges.filter((_, index) => levels[index] === 1 || levels[index] === 2);
  const pieces = held.map(({ entries }) => holdingPiece(guard, entries, sha256));
  const payload = encodeVerdict({ levels, disputes: [] });
  return blankAccount('verdict', addressAt(60 + no), {
    status: VERDICT_STATUS.revealed,
    hour: HOUR,
    guard,
    no,
    length: payload.length,
    tail: payload,
    holding: holdingOf(guard, pieces, sha256),
    prevRoot: EMPTY_ROOT,
    ...change,
  });
}

/** Hour 5 as a guard that has seen nothing of it yet finds it on chain. */
async function guardOver(
  edges: readonly TestEdge[],
  verdicts: readonly Found<'verdict'>[],
  shown: { readonly reports?: number } = {},
) {
  const dir = await mkdtemp(path.join(tmpdir(), 'guard-compute-'));
  const config = blankAccount('config', addressAt(90), {
    sampleSecs: 300,
    reportSlots: 6,
    commitSlots: 9,
    verdictSlots: 12,
    finalHours: 24,
    lateHours: 336,
    hoursPerWeek: 168,
  });
  const snapshot: Snapshot = {
    now: 25_000n,
    readAtMs: 0,
    config,
    guards: [],
    edges: edges.map(({ account }) => account),
    resources: [
      blankAccount('resource', RESOURCE, {
        status: RESOURCE_STATUS.active,
        termsCount: 1,
        terms: [{ from: 0n, allowance: 2n ** 40n, vouchKey: VOUCHING.publicKey }],
        spans: [{ from: 0n, until: 2n ** 63n }],
      }),
    ],
    pools: [],
  };
  const network: Network = {
    refresh: async () => snapshot,
    whole: async () => snapshot,
    snapshot: async () => snapshot,
    chainNow: async () => snapshot.now,
    chainNowMs: async () => Number(snapshot.now) * 1_000,
    guardSet: async (week) => ({ week, numbers: [1, 2, 3], entries: [], usable: true }),
    invalidate: () => undefined,
  };
  const hasher = createHasher();
  const fetch = createPeerFetch(silentLog, { allowPrivate: true });
  const store = await openEvidenceStore(dir, { maxBytes: 1e9, hasher }, (error) => {
    throw error;
  });
  closing.push(async () => {
    await fetch.close();
    await hasher.close();
    await rm(dir, { recursive: true, force: true });
  });
  const reads: Pick<MediaClient, 'reports' | 'verdicts'> = {
    reports: async () => edges.slice(0, shown.reports).map(({ report }) => report),
    verdicts: async () => [...verdicts],
  };
  const account = blankAccount('hour', addressAt(91), {
    hour: HOUR,
    reports: edges.length,
    commits: verdicts.length,
    reveals: verdicts.length,
    setCount: 3,
    openYieldBps: 900,
    guardShareBps: 2_000,
    dustBytes: 1_000n,
  });
  const state = createMeterState();
  const deps = {
    // Nothing else of the client is called.
    client: reads as MediaClient,
    network,
    source: createEvidenceSource(store, fetch, hasher),
    store,
    sessions: createSessionBook(),
    guard: blankAccount('guard', addressAt(71), { no: 1 }),
  };
  return {
    deps,
    store,
    state,
    snapshot,
    account,
    compute: () => computeHour(deps, state, snapshot, account, signal),
  };
}

describe('an hour', () => {
  it('follows from reports and reveals, and is kept under its root', async () => {
    const edges = [await edgeAt(0), await edgeAt(1)];
    const reveals = [1, 2, 3].map((no) => revealOf(no, [1, 1], edges));
    const guard = await guardOver(edges, reveals);
    const hour = await guard.compute();
    expect(hour).toMatchObject({ right: [1, 2, 3], missing: [], base: undefined });
    expect(hour?.resources[0]?.billable).toBe(24_000_012n);
    const kept = await guard.store.get('hours', toHex(hour?.root ?? EMPTY_ROOT));
    expect(decodeHour(kept ?? new Uint8Array(0), sha256)?.resources).toEqual(hour?.resources);
    // Another guard, or a final hour after a restart, finds the same.
    const other = await guardOver(edges, reveals);
    const final = { ...other.account, status: HOUR_STATUS.final, root: hour?.root ?? EMPTY_ROOT };
    const loaded = await loadHour(other.deps, other.state, other.snapshot, final, signal);
    expect(toHex(loaded?.root ?? EMPTY_ROOT)).toBe(toHex(hour?.root ?? EMPTY_ROOT));
  });

  it('is not voided by one report, whatever that says', async () => {
    const huge = await edgeAt(0, {
      traffic: [{ resource: RESOURCE, perSlot: 2n ** 64n - 1n }],
      commitSlots: [],
    });
    const edges = [huge, await edgeAt(1)];
    const guard = await guardOver(
      edges,
      [1, 2, 3].map((no) => revealOf(no, [2, 1], edges)),
    );
    const hour = await guard.compute();
    expect(hour?.decisions).toEqual(['vouched', 'full']);
    expect(hour?.edges.map(({ edge }) => edge)).toEqual([edges[1]?.account.address]);
    expect(hour?.right).toEqual([1, 2, 3]);
  });

  it('pays no copy: who does not hold the entries has not judged', async () => {
    const edges = [await edgeAt(0), await edgeAt(1)];
    const copy = revealOf(3, [1, 1], edges, { holding: revealOf(2, [1, 1], edges).holding });
    const guard = await guardOver(edges, [revealOf(1, [1, 1], edges), revealOf(2, [1, 1], edges), copy]);
    expect((await guard.compute())?.right).toEqual([1, 2]);
  });

  it('takes a malformed payload for silence', async () => {
    const edges = [await edgeAt(0)];
    const odd = revealOf(3, [1], edges, { tail: new Uint8Array(3), length: 3 });
    const guard = await guardOver(edges, [revealOf(1, [1], edges), revealOf(2, [1], edges), odd]);
    expect(await guard.compute()).toMatchObject({ decisions: ['full'], right: [1, 2] });
  });

  it('counts the sessions that verify, and drops the others alone', async () => {
    const at = { edge: addressAt(10), resource: RESOURCE, hour: HOUR };
    const sessions = [
      await vouchedSession(VOUCHING, { ...at, id: 1 }, 3_000_000n),
      await vouchedSession(await createSessionKey(), { ...at, id: 2 }, 4_000_000n),
    ];
    const edges = [await edgeAt(0, { traffic: [{ resource: RESOURCE, perSlot: 1_000_000n, sessions }] })];
    const guard = await guardOver(
      edges,
      [1, 2, 3].map((no) => revealOf(no, [2], edges)),
    );
    const hour = await guard.compute();
    expect(hour?.resources[0]?.billable).toBe(3_000_000n);
    expect(edges[0]?.asked.filter((each) => each.startsWith('/v1/receipts/'))).toHaveLength(1);
  });

  it('names what is missing instead of guessing', async () => {
    const gone = await edgeAt(0, {
      misbehave: (_, response) => {
        response.writeHead(404).end();
        return true;
      },
    });
    const edges = [gone, await edgeAt(1)];
    const guard = await guardOver(
      edges,
      [1, 2, 3].map((no) => revealOf(no, [1, 1], edges)),
    );
    expect((await guard.compute())?.missing).toEqual([{ kind: 'entries', report: 0 }]);
    // What is rejected need not be had.
    const rejected = await guardOver(
      edges,
      [1, 2, 3].map((no) => revealOf(no, [3, 1], edges)),
    );
    expect((await rejected.compute())?.missing).toEqual([]);
  });

  it('waits for a node that is behind', async () => {
    const edges = [await edgeAt(0), await edgeAt(1)];
    const reveals = [1, 2, 3].map((no) => revealOf(no, [1, 1], edges));
    expect(await (await guardOver(edges, reveals, { reports: 1 })).compute()).toBeUndefined();
    const committed = revealOf(3, [1, 1], edges, { status: VERDICT_STATUS.committed });
    expect(await (await guardOver(edges, [...reveals.slice(0, 2), committed])).compute()).toBeUndefined();
  });
});
