import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { addressOf, buildReport } from '@media-network/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEvidenceSource } from '../evidence-source.ts';
import { openEvidenceStore, sha256 } from '../evidence-store.ts';
import type { Network, Snapshot } from '../network.ts';
import type { PeerFetch } from '../peer-fetch.ts';
import { createProbeBook } from '../probe/probe-book.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { inspectReport, inspectionMs, otherGuards } from './inspect.ts';

const EDGE = addressAt(2);
const CONFIG = blankAccount('config', addressAt(1), { sampleSecs: 1, verdictSlots: 4, hoursPerWeek: 10 });
let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'guard-inspect-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const guards = [1, 2, 3, 4].map((no) =>
  blankAccount('guard', addressAt(10 + no), {
    no,
    endpoint: `guard ${no}`,
    status: no === 4 ? NODE_STATUS.left : NODE_STATUS.active,
  }),
);
const snapshot: Snapshot = {
  now: 20n,
  readAtMs: 0,
  config: CONFIG,
  guards,
  edges: [blankAccount('edge', EDGE, { control: 'edge' })],
  resources: Array.from({ length: 200 }, (_, i) =>
    blankAccount('resource', addressAt(i + 1), { status: RESOURCE_STATUS.active }),
  ),
  pools: [],
};
const SET = { week: 0n, numbers: [1, 2], entries: [], usable: true };
const network: Network = {
  refresh: async () => snapshot,
  snapshot: async () => snapshot,
  chainNow: async () => 20n,
  guardSet: async () => SET,
  operatorsOf: () => undefined,
  invalidate: () => undefined,
};

/** Entries of many resources, each with a list of receipts of its own that nobody has. */
const { report: body, blob } = buildReport(
  0n,
  Array.from({ length: 200 }, (_, i) => ({
    resource: addressOf(new Uint8Array(32).fill(i + 1)),
    slots: Array.from({ length: 12 }, () => 1n),
    attested: 0n,
    receiptsRoot: new Uint8Array(32).fill(i + 1),
    digestRoot: new Uint8Array(32).fill(i + 1),
  })),
  sha256,
);
const report = blankAccount('report', addressAt(20), { ...body, edge: EDGE });

async function inspect(fetch: PeerFetch): Promise<{ readonly kind: string; readonly tookMs: number }> {
  const store = await openEvidenceStore(dir, 1e9, () => undefined);
  const begun = performance.now();
  const verdict = await inspectReport(
    { network, source: createEvidenceSource(store, fetch), fetch, probes: createProbeBook(), guardNo: 1 },
    report,
    snapshot,
  );
  return { kind: verdict.kind, tookMs: performance.now() - begun };
}

/** Answers nothing until it is given up. */
const hang = (signal: AbortSignal | undefined): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) resolve(undefined);
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });

describe('an inspection', () => {
  it('takes a quarter of the time for verdicts at most', () => {
    expect(inspectionMs({ ...CONFIG, sampleSecs: 300, verdictSlots: 12 })).toBe(60_000);
    expect(inspectionMs({ ...CONFIG, sampleSecs: 1, verdictSlots: 24 })).toBe(6_000);
    expect(inspectionMs(CONFIG)).toBe(2_000);
  });

  it('ends in time although an edge names 200 lists and then answers nothing', async () => {
    const asked: string[] = [];
    const found = await inspect({
      async get(base, target, _, signal) {
        asked.push(target);
        if (base !== 'edge') return undefined;
        if (target.startsWith('/v1/entries/')) return { status: 200, body: blob };
        return hang(signal);
      },
      close: async () => undefined,
    });
    expect(found.kind).toBe('waiting');
    expect(found.tookMs).toBeLessThan(4_000);
    expect(asked.filter((target) => target.startsWith('/v1/receipts/'))).toHaveLength(1);
  });

  it('asks the set for evidence first, then other guards that are still there', () => {
    expect(otherGuards(snapshot, SET, 1)).toEqual(['guard 2', 'guard 3']);
    expect(otherGuards(snapshot, { ...SET, numbers: [3, 4] }, 1)).toEqual(['guard 3', 'guard 4', 'guard 2']);
  });
});

describe('a search', () => {
  it('reads no more bytes than it was given', async () => {
    const store = await openEvidenceStore(dir, 1e9, () => undefined);
    const source = createEvidenceSource(store, {
      get: async (_base, _target, maxBytes) =>
        blob.length > (maxBytes ?? 0) ? undefined : { status: 200, body: blob },
      close: async () => undefined,
    });
    const { signal } = new AbortController();
    const root = Buffer.from(body.root).toString('hex');
    expect(
      await source.find('entries', root, ['edge'], { signal, bytesLeft: blob.length - 1 }),
    ).toBeUndefined();
    const limits = { signal, bytesLeft: blob.length + 1 };
    expect(await source.find('entries', root, ['edge'], limits)).toEqual(blob);
    expect(limits.bytesLeft).toBe(1);
    expect(await source.find('entries', root, [], limits)).toBeDefined();
    expect(limits.bytesLeft).toBeLessThan(0);
    expect(await source.find('entries', root, ['edge'], limits)).toBeUndefined();
  });
});
