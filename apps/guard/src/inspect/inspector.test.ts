import { mkdtemp, rm } from 'node:fs/promises';
import type http from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Found } from '@media-network/chain';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import {
  buildCommit,
  createSessionKey,
  encodeCommit,
  hourWindows,
  signCommit,
  toHex,
} from '@media-network/protocol';
import { silentLog, systemClock } from '@media-network/runtime';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createCommitIntake } from '../collect/commit-intake.ts';
import { openContradictions } from '../collect/contradictions.ts';
import { createCounts } from '../counts.ts';
import { sha256 } from '../evidence/blob-roots.ts';
import { createEvidenceSource } from '../evidence/evidence-source.ts';
import { openEvidenceStore } from '../evidence/evidence-store.ts';
import { createHasher } from '../evidence/hasher.ts';
import { createPeerFetch } from '../evidence/peer-fetch.ts';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import type { Network, Snapshot } from '../network.ts';
import { createProbeBudget } from '../probe/probe-budget.ts';
import { createTargetPool } from '../probe/target-pool.ts';
import { openHourBook } from '../state/hour-book.ts';
import { openHourLog } from '../state/hour-log.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { listenAt, startTestEdge, vouchedSession } from '../testing-evidence.ts';
import type { TestEdge, TestEdgeOptions } from '../testing-evidence.ts';
import { createInspector } from './inspector.ts';
import { createSessionBook } from './session-book.ts';

const HOUR = 5n;
const [FIRST, SECOND] = [addressAt(1), addressAt(2)];
const VOUCHING = await createSessionKey();

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type EdgeChange = Partial<TestEdgeOptions>;

async function edgeAt(index: number, change: EdgeChange = {}): Promise<TestEdge> {
  const edge = await startTestEdge({
    at: 10 + index,
    index,
    hour: HOUR,
    traffic: [{ resource: FIRST, perSlot: 1_000_000n }],
    ...change,
  });
  closing.push(() => edge.close());
  return edge;
}

const resource = (at: ReturnType<typeof addressAt>): Found<'resource'> =>
  blankAccount('resource', at, {
    status: RESOURCE_STATUS.active,
    termsCount: 1,
    terms: [{ from: 0n, allowance: 2n ** 40n, vouchKey: VOUCHING.publicKey }],
    spans: [{ from: 0n, until: 2n ** 63n }],
  });
const onFailure = (error: unknown): never => {
  throw error;
};

/** A guard's inspector in the commit window of hour 5, by the real clock, with nothing but the chain made up. */
async function inspectorFor(
  edges: readonly TestEdge[],
  options: {
    readonly guards?: readonly string[];
    readonly allowPrivate?: boolean;
    /** Stands between the inspector and its peers. */
    readonly through?: (fetch: PeerFetch) => PeerFetch;
  } = {},
) {
  const dir = await mkdtemp(path.join(tmpdir(), 'guard-inspect-'));
  const config = blankAccount('config', addressAt(90), {
    sampleSecs: 1,
    reportSlots: 4,
    commitSlots: 16,
    verdictSlots: 20,
    finalHours: 20,
    lateHours: 30,
    hoursPerWeek: 10,
  });
  const snapshot: Snapshot = {
    now: hourWindows(config, HOUR).reportsUntil,
    readAtMs: 0,
    config,
    guards: (options.guards ?? []).map((endpoint, i) =>
      blankAccount('guard', addressAt(80 + i), { no: 2 + i, endpoint }),
    ),
    edges: edges.map(({ account }) => account),
    resources: [resource(FIRST), resource(SECOND)],
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
  const peers = createPeerFetch(silentLog, { allowPrivate: options.allowPrivate ?? true });
  const fetch = options.through?.(peers) ?? peers;
  const store = await openEvidenceStore(path.join(dir, 'evidence'), { maxBytes: 1e9, hasher }, onFailure);
  const log = await openHourLog(path.join(dir, 'hours'));
  const book = await openHourBook(log, onFailure);
  const contradictions = await openContradictions(path.join(dir, 'contradictions'));
  const sessions = createSessionBook();
  const inspector = createInspector({
    client: {
      reports: async (hour) => (hour === HOUR ? edges.map(({ report }) => report) : []),
    },
    network,
    guardNo: 1,
    counts: createCounts(),
    clock: systemClock,
    log: silentLog,
    onFailure,
    source: createEvidenceSource(store, fetch, hasher),
    fetch,
    intake: createCommitIntake({ book, contradictions }),
    book,
    sessions,
    targets: createTargetPool(),
    budget: createProbeBudget(65_536),
    random: Math.random,
  });
  closing.push(async () => {
    await inspector.close();
    await fetch.close();
    await hasher.close();
    await log.close();
    await rm(dir, { recursive: true, force: true });
  });
  const signal = new AbortController().signal;
  return {
    inspector,
    book,
    sessions,
    contradictions,
    /** A round, and more where the machine is too busy to judge all reports within one. */
    async round() {
      const first = await inspector.round(signal);
      while (edges.some(({ report }) => inspector.judged(HOUR, report.address) === undefined))
        await inspector.round(signal);
      return first;
    },
    said: (edge: TestEdge) => {
      const verdict = inspector.judged(HOUR, edge.report.address)?.verdict;
      return verdict === undefined ? undefined : ([verdict.level, verdict.reason] as const);
    },
  };
}

/** Answers a byte now and then, for ever. */
function drip(_: http.IncomingMessage, response: http.ServerResponse): boolean {
  response.writeHead(200, { 'content-length': 208 });
  const timer = setInterval(() => response.write('x'), 50);
  response.on('close', () => clearInterval(timer));
  return true;
}

describe('inspection', () => {
  it('fetches what is behind a report by its exact length, and judges it', async () => {
    const edge = await edgeAt(0);
    const guard = await inspectorFor([edge]);
    expect(await guard.round()).toBe('busy');
    expect(guard.said(edge)).toEqual([1, 'full']);
    expect(guard.inspector.judged(HOUR, edge.report.address)?.resources).toEqual([FIRST]);
    for (const [hour, commits] of [
      [HOUR, 2],
      [HOUR + 1n, 1],
    ] as const)
      expect(guard.book.of(edge.account.address, hour).commits).toHaveLength(commits);
    expect(await guard.round()).toBe('idle');
    expect(guard.inspector.settled(HOUR)).toBe(1);
  });

  it('of ten control planes that never answer holds up no other report', async () => {
    const hanging = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        // A root of its own: what somebody else gave is had already.
        edgeAt(i, { traffic: [{ resource: FIRST, perSlot: 2_000_000n + BigInt(i) }] }),
      ),
    );
    const honest = await Promise.all([edgeAt(10), edgeAt(11)]);
    const release = Promise.withResolvers<void>();
    const controls = new Set(hanging.map(({ account }) => account.control));
    const asked = new Set<string>();
    const guard = await inspectorFor([...hanging, ...honest], {
      through: (fetch) => ({
        ...fetch,
        async get(base, target, limits) {
          if (!controls.has(base)) return fetch.get(base, target, limits);
          asked.add(base);
          await release.promise;
          return undefined;
        },
      }),
    });
    const round = guard.round();
    // However long that takes here: those that hang do so until these are judged.
    await expect
      .poll(() => honest.map((edge) => guard.said(edge)), { interval: 5, timeout: 50_000 })
      .toEqual([
        [1, 'full'],
        [1, 'full'],
      ]);
    expect(asked).toEqual(controls);
    expect(hanging.map((edge) => guard.said(edge))).toEqual(hanging.map(() => undefined));
    release.resolve();
    await round;
    await expect
      .poll(() => hanging.map((edge) => guard.said(edge)?.[1]), { timeout: 50_000 })
      .toEqual(hanging.map(() => 'unavailable'));
  });

  it('of ten dripping control planes comes to an end', { timeout: 120_000 }, async () => {
    const drippers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        edgeAt(i, {
          misbehave: drip,
          host: `127.0.0.${2 + i}`,
          // A root of its own: what somebody else gave is had already.
          traffic: [{ resource: FIRST, perSlot: 2_000_000n + BigInt(i) }],
        }),
      ),
    );
    const honest = await Promise.all([edgeAt(10), edgeAt(11)]);
    const guard = await inspectorFor([...drippers, ...honest]);
    // Five seconds are all that an edge gets in so short a window; to drip it all would take ten times as long, each time.
    await expect
      .poll(() => guard.round().then(() => drippers.map((edge) => guard.said(edge)?.[1])), {
        timeout: 100_000,
      })
      .toEqual(drippers.map(() => 'unavailable'));
    expect(honest.map((edge) => guard.said(edge))).toEqual([
      [1, 'full'],
      [1, 'full'],
    ]);
  });

  it('of 90 MiB of zeros reads nothing', async () => {
    const zeros = Buffer.alloc(2 ** 20);
    const sockets = new Set<Socket>();
    const edge = await edgeAt(0, {
      // A root of its own: what somebody else gave is had already.
      traffic: [{ resource: FIRST, perSlot: 2_000_000n }],
      misbehave(request, response) {
        if (!(request.url ?? '').startsWith('/v1/entries/')) return false;
        if (request.socket !== null) sockets.add(request.socket);
        let left = 90;
        const more = (): void => {
          for (; left > 0; left -= 1) if (!response.write(zeros)) return void response.once('drain', more);
          response.end();
        };
        more();
        return true;
      },
    });
    const honest = await edgeAt(1);
    const guard = await inspectorFor([edge, honest]);
    await guard.round();
    // What the system's buffers took, and no more.
    expect(sockets.size).toBeGreaterThan(0);
    for (const socket of sockets) expect(socket.bytesWritten).toBeLessThan(30 * 2 ** 20);
    expect([guard.said(edge), guard.said(honest)]).toEqual([
      [3, 'unavailable'],
      [1, 'full'],
    ]);
  });

  it('of 4 MiB of brackets instead of commits parses nothing', async () => {
    const edge = await edgeAt(0, {
      misbehave(request, response) {
        if (!(request.url ?? '').startsWith('/v1/commits')) return false;
        response.end(Buffer.alloc(4 * 2 ** 20, '['));
        return true;
      },
    });
    const other = await listenAt((_, response) => void response.end(Buffer.alloc(4 * 2 ** 20, '[')));
    closing.push(() => other.close());
    const guard = await inspectorFor([edge], { guards: [other.url] });
    const parse = vi.spyOn(JSON, 'parse');
    await guard.round();
    expect(parse.mock.calls.filter(([text]) => text.length > 1_000)).toEqual([]);
    parse.mockRestore();
    // They are no counters as of the end of the hour either.
    expect(guard.said(edge)).toEqual([2, 'noCommit']);
  });

  it('never rejects what was not asked for', async () => {
    const edge = await edgeAt(0);
    const guard = await inspectorFor([edge], { allowPrivate: false });
    await guard.round();
    expect(guard.said(edge)).toEqual([0, 'notAsked']);
    expect(edge.asked).toEqual([]);
  });

  it('takes from another guard what the edge does not give', async () => {
    const source = await edgeAt(5);
    const edge = await edgeAt(0, {
      misbehave: (_, response) => {
        response.writeHead(500).end();
        return true;
      },
    });
    const other = await listenAt((request, response) => {
      if (request.url === `/v1/entries/${toHex(edge.report.root)}`) response.end(edge.entries);
      else if (request.url === `/v1/commits?hour=${HOUR + 1n}&edge=${edge.account.address}`)
        response.end(Buffer.concat(edge.commits.filter(({ hour }) => hour > HOUR).map(encodeCommit)));
      else if (request.url === `/v1/counters/${toHex(edge.commits.at(-1)?.root ?? new Uint8Array())}`)
        response.end(edge.counters);
      else response.writeHead(404).end();
    });
    closing.push(() => other.close());
    const guard = await inspectorFor([edge, source], { guards: [other.url] });
    await guard.round();
    expect(guard.said(edge)).toEqual([1, 'full']);
  });

  it('rejects what is objectively no report, without a look at more than there can be', async () => {
    const total = await edgeAt(0, { report: { bytes: 5n } });
    const many = await edgeAt(1, { report: { entryCount: 4_000_000 } });
    const guard = await inspectorFor([total, many]);
    await guard.round();
    expect(guard.said(total)).toEqual([3, 'wrongTotal']);
    expect(guard.said(many)).toEqual([3, 'malformed']);
    expect(many.asked).toEqual([]);
  });

  it('is not thrown by slots near 2⁶⁴: sums stop where the program stops', async () => {
    const huge = await edgeAt(0, {
      traffic: [{ resource: FIRST, perSlot: 2n ** 64n - 1n }],
      commitSlots: [12],
    });
    const honest = await edgeAt(1);
    const guard = await inspectorFor([huge, honest]);
    await guard.round();
    // Counters stop there, too, and cannot bear out twelve such slots.
    expect(guard.said(huge)).toEqual([2, 'mismatch']);
    expect(guard.said(honest)).toEqual([1, 'full']);
  });

  it('drops a session that does not verify, and nothing else', async () => {
    const stranger = await createSessionKey();
    const at = (id: number) => ({ edge: addressAt(10), resource: FIRST, hour: HOUR, id });
    const good = await vouchedSession(VOUCHING, at(1), 5_000n);
    // By a key that is not the publisher's: what a guard's changed key was to tickets.
    const bad = await vouchedSession(stranger, at(2), 7_000n);
    const edge = await edgeAt(0, {
      traffic: [{ resource: FIRST, perSlot: 1_000_000n, sessions: [good, bad] }],
    });
    const guard = await inspectorFor([edge]);
    await guard.round();
    expect(guard.said(edge)).toEqual([1, 'full']);
    expect(guard.sessions.get(edge.account.address, HOUR, FIRST)?.map(({ bytes }) => bytes)).toEqual([
      5_000n,
    ]);
  });

  it('wants the receipts too, and rejects a report whose receipts nobody gets', async () => {
    const session = await vouchedSession(
      VOUCHING,
      { edge: addressAt(10), resource: FIRST, hour: HOUR, id: 1 },
      5_000n,
    );
    const edge = await edgeAt(0, {
      traffic: [{ resource: FIRST, perSlot: 1_000_000n, sessions: [session] }],
      misbehave(request, response) {
        if (!(request.url ?? '').startsWith('/v1/receipts/')) return false;
        response.writeHead(404).end();
        return true;
      },
    });
    const guard = await inspectorFor([edge]);
    await guard.round();
    expect(guard.said(edge)).toEqual([3, 'unavailable']);
  });

  it('counts vouched bytes only where counters are refused to this guard and to all others', async () => {
    const edge = await edgeAt(0, { commitSlots: [12] });
    const guard = await inspectorFor([edge]);
    for (let i = 0; i < 2; i += 1) guard.book.addAsk(edge.account.address, HOUR, false);
    guard.book.addContact(edge.account.address, HOUR, true);
    await guard.round();
    expect(guard.said(edge)).toEqual([2, 'noCommit']);
    // A guard that nobody answered was cut off itself.
    const alone = await inspectorFor([edge]);
    for (let i = 0; i < 2; i += 1) alone.book.addAsk(edge.account.address, HOUR, false);
    await alone.round();
    expect(alone.said(edge)).toEqual([1, 'full']);
  });

  it('keeps two commits that contradict each other as evidence', async () => {
    const edge = await edgeAt(0);
    const guard = await inspectorFor([edge]);
    // The same machine, cloned: another key would be another edge.
    const at = { edge: edge.account.address, boot: 1, hour: HOUR, slot: 2, unixMs: 99n };
    const lie = await signCommit(
      buildCommit(at, [{ resource: FIRST, bytes: 1n }], sha256).body,
      edge.key.sign,
    );
    const other = await listenAt((request, response) => {
      if ((request.url ?? '').startsWith('/v1/commits')) response.end(encodeCommit(lie));
      else response.writeHead(404).end();
    });
    closing.push(() => other.close());
    const second = await inspectorFor([edge], { guards: [other.url] });
    await guard.round();
    expect(guard.said(edge)).toEqual([1, 'full']);
    await second.round();
    expect(second.said(edge)).toEqual([2, 'contradicting']);
    expect(await second.contradictions.list()).toHaveLength(1);
  });
});
