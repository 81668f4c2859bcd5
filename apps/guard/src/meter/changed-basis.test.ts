import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Found, MediaClient } from '@media-network/chain';
import { createWallet } from '@media-network/chain';
import { EPOCH_STATUS, HOUR_STATUS } from '@media-network/chain/schema';
import { buildHour, shareWeek } from '@media-network/protocol';
import type { CreditedHour } from '@media-network/protocol';
import { MediaError, silentLog } from '@media-network/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { createCounts } from '../counts.ts';
import { sha256 } from '../evidence/blob-roots.ts';
import { createEvidenceSource } from '../evidence/evidence-source.ts';
import { openEvidenceStore } from '../evidence/evidence-store.ts';
import { createHasher } from '../evidence/hasher.ts';
import { createPeerFetch } from '../evidence/peer-fetch.ts';
import { createSessionBook } from '../inspect/session-book.ts';
import type { Network, Snapshot } from '../network.ts';
import { createPaidShares } from '../probe/paid-shares.ts';
import { openHourBook } from '../state/hour-book.ts';
import { openHourLog } from '../state/hour-log.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { executeAction } from './execute.ts';
import type { MeterAction } from './facts.ts';
import { createMeterState } from './meter-state.ts';
import type { MeterReading } from './read-facts.ts';

const [RESOURCE, EDGE, OWNER] = [addressAt(1), addressAt(2), addressAt(3)];
const WEEK = 1n;
const HOUR = 3n;
/** What week 1 has brought before and after its last charge. */
const [BEFORE, AFTER] = [209_107n, 210_366n];
/** `week + 1`, and each place that of week mod 6. */
const ofWeek = (week: bigint, kept: bigint) =>
  Array.from({ length: 6 }, (_, place) =>
    BigInt(place) === week % 6n ? { week: week + 1n, due: 0n, kept } : { week: 0n, due: 0n, kept: 0n },
  );

const served = buildHour(
  {
    resources: [{ resource: RESOURCE, slots: Array<bigint>(12).fill(10n), billable: 120n, disputed: 0n }],
    edges: [{ edge: EDGE, rows: [{ resource: RESOURCE, credited: 120n }] }],
    base: undefined,
    table: [],
    right: [1],
  },
  sha256,
);
/** Builds no instruction, but says what it would be built of. */
const built = (name: string) => async (args: object) => ({ name, ...args });
const fail = (error: unknown): never => {
  throw error;
};

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A chain that takes votes by its own rule, and a guard that is shown what the test says. */
async function setup() {
  const dir = await mkdtemp(path.join(tmpdir(), 'guard-basis-'));
  const hasher = createHasher();
  const fetch = createPeerFetch(silentLog, { allowPrivate: true });
  const log = await openHourLog(path.join(dir, 'log'));
  const store = await openEvidenceStore(dir, { maxBytes: 1e9, hasher }, fail);
  closing.push(async () => {
    await log.close();
    await fetch.close();
    await hasher.close();
    await rm(dir, { recursive: true, force: true });
  });
  await store.put('hours', served.blob);

  const chain = { kept: AFTER, reports: 2, reveals: 3 };
  const shown = {
    kept: AFTER,
    ofResource: AFTER,
    reports: 2,
    reveals: 3,
    place: WEEK,
    status: HOUR_STATUS.final as number,
    there: true,
  };
  const sent: Readonly<Record<string, unknown>>[] = [];
  const config = blankAccount('config', addressAt(90), {
    sampleSecs: 300,
    reportSlots: 6,
    commitSlots: 9,
    verdictSlots: 12,
    finalHours: 24,
    lateHours: 336,
    hoursPerWeek: 2,
  });
  const snapshot = (): Snapshot => ({
    now: 25_000n,
    readAtMs: 0,
    config,
    guards: [blankAccount('guard', addressAt(71), { no: 1, owner: addressAt(72) })],
    edges: [blankAccount('edge', EDGE, { owner: OWNER })],
    resources: [blankAccount('resource', RESOURCE, { weeks: ofWeek(shown.place, shown.ofResource) })],
    pools: [],
  });
  const network: Network = {
    refresh: async () => snapshot(),
    whole: async () => snapshot(),
    snapshot: async () => snapshot(),
    chainNow: async () => 25_000n,
    chainNowMs: async () => 25_000_000,
    guardSet: async (week) => ({ week, numbers: [1], entries: [], usable: true }),
    invalidate: () => undefined,
  };
  const hour = (): Found<'hour'> =>
    blankAccount('hour', addressAt(80), {
      hour: HOUR,
      status: shown.status,
      root: served.root,
      reports: shown.reports,
      reveals: shown.reveals,
    });
  const client = {
    addresses: { hour: async (index: bigint) => index },
    accounts: async (_: string, wanted: readonly bigint[]) =>
      wanted.map((index) => (index === HOUR && shown.there ? hour() : null)),
    reports: async () =>
      Array.from({ length: shown.reports }, (_, index) =>
        blankAccount('report', addressAt(20 + index), { hour: HOUR, index, edge: EDGE }),
      ),
    guardSet: async () => blankAccount('guardSet', addressAt(81), { guardShareBps: 2_000 }),
    instructions: {
      commitVerdict: built('commitVerdict'),
      proposeHour: built('proposeHour'),
      proposeEpoch: built('proposeEpoch'),
    },
    async send([vote]: readonly Readonly<Record<string, unknown>>[]) {
      const stale = Object.entries(chain).some(([key, value]) => key in vote! && vote![key] !== value);
      if (stale) throw new MediaError({ code: 'chain/basis-changed', message: 'no', source: 'chain' });
      sent.push(vote!);
    },
    // What a guard does beyond this is not called here.
  } as unknown as MediaClient;
  const book = await openHourBook(log, fail);
  const state = createMeterState();
  const guard = blankAccount('guard', addressAt(71), { no: 1, owner: OWNER });
  const deps = {
    client,
    network,
    guard,
    source: createEvidenceSource(store, fetch, hasher),
    store,
    sessions: createSessionBook(),
    operator: await createWallet(),
    counts: createCounts(),
    shares: createPaidShares(),
    log: silentLog,
    overrides: {},
    inspector: { judged: () => undefined },
    book,
  };
  const act = (action: MeterAction): Promise<boolean> => {
    const epoch = blankAccount('epoch', addressAt(82), {
      week: WEEK,
      kept: shown.kept,
      status: EPOCH_STATUS.open,
    });
    // The executor looks at these alone.
    const reading = {
      snapshot: snapshot(),
      hours: new Map([[HOUR, hour()]]),
      epochs: new Map([[WEEK, epoch]]),
    } as unknown as MeterReading;
    return executeAction(deps, state, reading, action, new AbortController().signal);
  };
  return { act, book, chain, shown, sent, state };
}

const refused = { code: 'chain/basis-changed' };
const sharesOf = (kept: bigint) =>
  shareWeek(
    {
      hours: [served],
      keptOf: () => kept,
      guardShareBps: 2_000,
      ownerOfEdge: () => OWNER,
      ownerOfGuard: () => addressAt(72),
    },
    sha256,
  );

describe('a guard whose node is behind', () => {
  const compute = { kind: 'compute-week', week: WEEK } as const;
  const propose = { kind: 'propose-week', week: WEEK, setWeek: WEEK } as const;

  it('is refused the week it worked out without the last charge, and works it out again', async () => {
    const { act, shown, sent, state } = await setup();
    Object.assign(shown, { kept: BEFORE, ofResource: BEFORE });
    expect(await act(compute)).toBe(true);
    await expect(act(propose)).rejects.toMatchObject(refused);
    expect(sent).toEqual([]);
    // Not once more the same: there is nothing to propose.
    expect(state.weeks.size).toBe(0);
    expect(await act(propose)).toBe(false);

    Object.assign(shown, { kept: AFTER, ofResource: AFTER });
    expect(await act(compute)).toBe(true);
    expect(await act(propose)).toBe(true);
    const right = sharesOf(AFTER);
    expect(right.rewards).toBeGreaterThan(sharesOf(BEFORE).rewards);
    expect(sent).toMatchObject([
      { name: 'proposeEpoch', kept: AFTER, rewards: right.rewards, root: right.root },
    ]);
  });

  it('works out nothing from an epoch that has seen a charge and a resource that has not, nor the other way', async () => {
    const { act, shown, state } = await setup();
    Object.assign(shown, { kept: AFTER, ofResource: BEFORE });
    expect(await act(compute)).toBe(false);
    Object.assign(shown, { kept: BEFORE, ofResource: AFTER });
    expect(await act(compute)).toBe(false);
    expect(state.weeks.size).toBe(0);
    // Served for six weeks since: nobody knows any more what it paid, and the week is closed all the same.
    Object.assign(shown, { kept: AFTER, ofResource: AFTER, place: WEEK + 6n });
    expect(await act(compute)).toBe(true);
    expect(state.weeks.get(WEEK)?.shares.rewards).toBe(0n);
  });

  it('works out nothing while an hour of the week is not decided yet, or was there and is not shown any more', async () => {
    const { act, shown, state } = await setup();
    shown.status = HOUR_STATUS.open;
    expect(await act(compute)).toBe(false);
    shown.there = false;
    state.seen.add(HOUR);
    expect(await act(compute)).toBe(false);
    expect(state.weeks.size).toBe(0);
    Object.assign(shown, { status: HOUR_STATUS.final, there: true });
    expect(await act(compute)).toBe(true);
    expect(state.weeks.get(WEEK)?.shares.rewards).toBeGreaterThan(0n);
  });

  it('is refused the hour it worked out without the last reveal, and works it out again', async () => {
    const { act, sent, state } = await setup();
    // The roots do not matter here, only what they were computed from.
    const hour = { root: served.root, leaves: 1 } as CreditedHour;
    const vote = { kind: 'propose-hour', hour: HOUR, week: WEEK } as const;
    for (const basis of [
      { reports: 2, reveals: 2 },
      { reports: 1, reveals: 3 },
    ]) {
      state.computed.set(HOUR, { hour, ...basis });
      await expect(act(vote)).rejects.toMatchObject(refused);
      expect(state.computed.size).toBe(0);
      expect(await act(vote)).toBe(false);
    }
    state.computed.set(HOUR, { hour, reports: 2, reveals: 3 });
    expect(await act(vote)).toBe(true);
    expect(sent).toMatchObject([{ name: 'proposeHour', root: served.root, reports: 2, reveals: 3 }]);
  });

  it('is refused a verdict on fewer reports than there are, and makes another', async () => {
    const { act, book, shown, sent } = await setup();
    const commit = { kind: 'commit-verdict', hour: HOUR, week: WEEK } as const;
    shown.reports = 1;
    await expect(act(commit)).rejects.toMatchObject(refused);
    expect(book.verdict(HOUR)).toBeUndefined();
    shown.reports = 2;
    expect(await act(commit)).toBe(true);
    expect(sent).toMatchObject([{ name: 'commitVerdict', reports: 2 }]);
    expect(book.verdict(HOUR)?.said).toHaveLength(2);
  });

  it('keeps the verdict that it has committed to, whatever it is shown afterwards', async () => {
    const { act, book, shown, sent } = await setup();
    const commit = { kind: 'commit-verdict', hour: HOUR, week: WEEK } as const;
    await act(commit);
    const committed = book.verdict(HOUR);
    shown.reports = 1;
    await act(commit);
    expect(book.verdict(HOUR)).toBe(committed);
    expect(sent).toMatchObject([{ reports: 2 }, { reports: 2 }]);
  });
});
