import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Found, MediaClient } from '@media-network/chain';
import { HOUR_STATUS, REPORT_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { buildReport, toHex } from '@media-network/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEvidenceSource } from '../evidence-source.ts';
import { openEvidenceStore, sha256 } from '../evidence-store.ts';
import type { Network, Snapshot } from '../network.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { computeEpoch, computeHour } from './compute.ts';
import type { ComputeDeps } from './compute.ts';
import { createMeterState } from './meter-state.ts';
import type { MeterState } from './meter-state.ts';
import { readMeterFacts } from './read-facts.ts';

const hourAddress = (hour: bigint) => addressAt(100 + Number(hour));
const [EDGE, RESOURCE] = [addressAt(2), addressAt(3)];
/** Hours of 12 s: hour h ends at (h + 1) · 12, reports until + 6, verdicts until + 12, final until + 12 + 240. */
const CONFIG = blankAccount('config', addressAt(1), {
  sampleSecs: 1,
  reportSlots: 6,
  verdictSlots: 12,
  finalHours: 20,
  hoursPerWeek: 10,
  monthSlots: 100,
  minGuards: 1,
});
let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'guard-compute-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A chain with one edge and one resource; a test changes what its node shows. */
async function world() {
  const store = await openEvidenceStore(dir, 1e9, (error) => {
    throw error;
  });
  const shown = {
    now: 100n,
    lastEpoch: 0n,
    lastHour: 0n,
    hours: new Map<string, Found<'hour'>>(),
    reports: [] as Found<'report'>[],
  };
  const snapshot = (): Snapshot => ({
    now: shown.now,
    readAtMs: 0,
    config: { ...CONFIG, lastEpoch: shown.lastEpoch },
    guards: [blankAccount('guard', addressAt(5), { no: 1 })],
    edges: [blankAccount('edge', EDGE, { owner: addressAt(6) })],
    resources: [
      blankAccount('resource', RESOURCE, {
        status: RESOURCE_STATUS.active,
        lastHour: shown.lastHour,
        unattestedBound: 1_000n,
      }),
    ],
    pools: [],
  });
  const reads: Pick<MediaClient, 'accounts' | 'reports' | 'confirmedReports' | 'epoch'> & {
    readonly addresses: Partial<MediaClient['addresses']>;
  } = {
    addresses: {
      hour: async (hour) => hourAddress(hour),
      epoch: async (week) => addressAt(90 + Number(week)),
    },
    accounts: async (kind, wanted) => {
      // Only hours are there; epochs are given to the test's calls.
      return wanted.map((each) => (kind === 'hour' ? (shown.hours.get(each) ?? null) : null)) as never;
    },
    reports: async () => [],
    confirmedReports: async (hour) => shown.reports.filter((report) => report.hour === hour),
    epoch: async () => null,
  };
  const network: Network = {
    refresh: async () => snapshot(),
    snapshot: async () => snapshot(),
    chainNow: async () => shown.now,
    guardSet: async (week) => ({ week, numbers: [1], entries: [], usable: true }),
    operatorsOf: () => undefined,
    invalidate: () => undefined,
  };
  // Nothing else of the client is called.
  const client = reads as MediaClient;
  const source = createEvidenceSource(store, { get: async () => undefined, close: async () => undefined });
  const deps: ComputeDeps = { client, network, source, store, guardNo: 1 };

  /** A confirmed report of the hour over the resource, and the hour's account. */
  async function reported(hour: bigint, change: Partial<Found<'hour'>> = {}): Promise<Found<'hour'>> {
    const slots = Array.from({ length: 12 }, () => hour + 1n);
    const nothing = new Uint8Array(32);
    const { report, blob } = buildReport(
      hour,
      [{ resource: RESOURCE, slots, attested: 0n, receiptsRoot: nothing, digestRoot: nothing }],
      sha256,
    );
    await store.put('entries', blob);
    shown.reports.push(
      blankAccount('report', addressAt(60 + Number(hour)), {
        edge: EDGE,
        hour,
        root: report.root,
        status: REPORT_STATUS.confirmed,
      }),
    );
    const account = blankAccount('hour', hourAddress(hour), {
      hour,
      reports: 1,
      decided: 1,
      confirmed: 1,
      ...change,
    });
    shown.hours.set(account.address, account);
    return account;
  }
  const read = (state: MeterState) =>
    readMeterFacts({ client, network, guardNo: 1, chargeEveryHours: 1n, claim: false, overrides: {} }, state);
  return { shown, deps, snapshot, reported, read };
}

describe('an hour', () => {
  it('is the same for a guard that has seen the hour before recorded and for one that has not', async () => {
    const { deps, snapshot, reported } = await world();
    const before = await reported(0n);
    const account = await reported(1n);
    const [early, late] = [createMeterState(), createMeterState()];
    const first = await computeHour(deps, early, snapshot(), before);
    if (first === undefined) throw new Error('no hour');
    early.final.set(0n, first);
    late.lastHours.set(RESOURCE, 1n);
    const roots = [early, late].map(
      async (state) => (await computeHour(deps, state, snapshot(), account))?.root,
    );
    const [one, other] = await Promise.all(roots);
    expect(one).toEqual(other);
  });

  it('remembers the highest last hour, whatever a node that lags shows', async () => {
    const { shown, read } = await world();
    const state = createMeterState();
    shown.lastHour = 5n;
    await read(state);
    shown.lastHour = 3n;
    await read(state);
    expect(state.lastHours.get(RESOURCE)).toBe(5n);
  });

  it('is not computed from fewer reports than were confirmed: closed since, or not shown yet', async () => {
    const { shown, deps, snapshot, reported } = await world();
    const account = await reported(1n);
    expect(await computeHour(deps, createMeterState(), snapshot(), account)).toBeDefined();
    shown.reports = [];
    expect(await computeHour(deps, createMeterState(), snapshot(), account)).toBeUndefined();
  });

  it('is computed anew when more reports turn out to be confirmed', async () => {
    const { shown, deps, snapshot, reported, read } = await world();
    const account = await reported(1n);
    const state = createMeterState();
    const hour = await computeHour(deps, state, snapshot(), account);
    if (hour === undefined) throw new Error('no hour');
    state.computed.set(1n, { hour, confirmed: 1 });
    shown.now = 50n;
    expect((await read(state)).facts.hours[0]?.computedRoot).toBe(toHex(hour.root));
    shown.hours.set(account.address, { ...account, confirmed: 2 });
    expect((await read(state)).facts.hours[0]?.computedRoot).toBeUndefined();
  });

  it('without an account is given up only when no node can still be behind', async () => {
    const { shown, reported, read } = await world();
    const state = createMeterState();
    // Hour 0's reports were taken until 18, its verdicts until 24.
    shown.now = 20n;
    await read(state);
    await reported(0n);
    expect((await read(state)).facts.hours.map(({ hour }) => hour)).toEqual([0n]);
    const other = createMeterState();
    shown.hours.clear();
    shown.now = 24n;
    await read(other);
    expect(other.cursor).toBe(1n);
  });

  it('that is void holds up the next for a sample more: its last vote may not be everywhere yet', async () => {
    const { shown, reported, read } = await world();
    await reported(0n);
    const state = createMeterState();
    shown.now = 264n;
    expect((await read(state)).facts.hours.map(({ hour }) => hour)).toEqual([0n]);
    shown.now = 265n;
    expect((await read(state)).facts.hours).toEqual([]);
  });

  it('of a closed week is not looked for again, so that one lost blob cannot hold up all that follow', async () => {
    const { shown, reported, read } = await world();
    await reported(0n, { status: HOUR_STATUS.final, root: new Uint8Array(32).fill(9) });
    shown.now = 130n;
    expect((await read(createMeterState())).facts.hours).toHaveLength(1);
    shown.lastEpoch = 1n;
    expect((await read(createMeterState())).facts.hours).toEqual([]);
  });
});

describe('a week', () => {
  it('is not computed while a node shows less than was seen', async () => {
    const { shown, deps, snapshot, reported } = await world();
    const state = createMeterState();
    const open = await reported(0n);
    const hour = await computeHour(deps, state, snapshot(), open);
    if (hour === undefined) throw new Error('no hour');
    const final = { ...open, status: HOUR_STATUS.final, root: hour.root };
    shown.hours.set(final.address, final);
    state.seenFinal.add(0n);
    const epoch = blankAccount('epoch', addressAt(90), { week: 0n, kept: 100n });
    expect((await computeEpoch(deps, state, snapshot(), epoch))?.rewards).toBe(100n);
    shown.hours.set(open.address, open);
    expect(await computeEpoch(deps, state, snapshot(), epoch)).toBeUndefined();
  });
});
