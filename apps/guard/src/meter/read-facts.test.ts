import type { Found, MediaClient } from '@media-network/chain';
import { EPOCH_STATUS, HOUR_STATUS } from '@media-network/chain/schema';
import { hourWindows } from '@media-network/protocol';
import type { WeekShares } from '@media-network/protocol';
import { describe, expect, it } from 'vitest';
import type { Network, Snapshot } from '../network.ts';
import type { HourBook } from '../state/hour-book.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createMeterState } from './meter-state.ts';
import { isWeekComplete } from './plan-epochs.ts';
import { readMeterFacts } from './read-facts.ts';
import type { ReadDeps } from './read-facts.ts';

/** Hours of 12 s, weeks of three hours. */
const config = blankAccount('config', addressAt(90), {
  sampleSecs: 1,
  reportSlots: 4,
  commitSlots: 10,
  verdictSlots: 14,
  finalHours: 6,
  lateHours: 6,
  hoursPerWeek: 3,
});
/** The last of week 0. */
const LAST = 2n;
const WINDOWS = hourWindows(config, LAST);

/** Stands for an address. */
const index = async (of: bigint): Promise<bigint> => of;

/** A guard that reads what the test lets its node show. */
function setup() {
  const shown = {
    now: WINDOWS.reportsUntil,
    hours: new Map<bigint, Found<'hour'>>(),
    epochs: new Map<bigint, Found<'epoch'>>(),
  };
  const hourOf = (hour: bigint, status: number = HOUR_STATUS.open): void => {
    shown.hours.set(hour, blankAccount('hour', addressAt(20 + Number(hour)), { hour, status, reports: 1 }));
  };
  const snapshot = (): Snapshot => ({
    now: shown.now,
    readAtMs: 0,
    config,
    guards: [],
    edges: [],
    resources: [],
    pools: [],
  });
  const state = createMeterState();
  const client = {
    addresses: { hour: index, verdict: index, epoch: index },
    accounts: async (kind: 'hour' | 'verdict' | 'epoch', wanted: readonly bigint[]) =>
      wanted.map((each) => {
        if (kind === 'verdict') return null;
        return (kind === 'hour' ? shown.hours : shown.epochs).get(each) ?? null;
      }),
    // What reading does beyond this is not called here.
  } as unknown as MediaClient;
  const deps: ReadDeps = {
    client,
    network: {
      refresh: async () => snapshot(),
      guardSet: async (week: bigint) => ({ week, numbers: [1], entries: [], usable: true }),
    } as unknown as Network,
    guard: blankAccount('guard', addressAt(71), { no: 1 }),
    inspector: { settled: () => 0, forgetBefore: () => undefined },
    book: { forgetBefore: async () => undefined, verdict: () => undefined } as unknown as HourBook,
    chargeEveryHours: 1n,
    claim: false,
    overrides: {},
  };
  const read = async () => (await readMeterFacts(deps, state)).facts;
  return { shown, hourOf, state, read };
}

describe('a week of which the node does not show everything', () => {
  it('is not complete while a report of its last hour may be there and not be shown', async () => {
    const { shown, hourOf, read } = setup();
    const first = await read();
    expect(first.unseen).toEqual(
      [0n, 1n, 2n].filter((hour) => hourWindows(config, hour).revealsUntil > shown.now),
    );
    expect(first.unseen).toContain(LAST);
    expect(isWeekComplete(first, 0n)).toBe(false);
    // There was one, of the last second.
    shown.now += 4n;
    hourOf(LAST);
    const second = await read();
    expect(second.hours.map(({ hour }) => hour)).toEqual([LAST]);
    expect(isWeekComplete(second, 0n)).toBe(false);
  });

  it('is complete in the end, when nobody has reported', async () => {
    const { shown, state, read } = setup();
    shown.now = WINDOWS.revealsUntil;
    const facts = await read();
    expect(facts.unseen).not.toContain(LAST);
    expect(isWeekComplete(facts, 0n)).toBe(true);
    expect(state.cursor).toBe(LAST + 1n);
  });

  it('keeps an hour that was there, whatever the node says of it later', async () => {
    const { shown, hourOf, read } = setup();
    hourOf(LAST);
    await read();
    shown.hours.clear();
    shown.now = WINDOWS.revealsUntil + 1n;
    const behind = await read();
    expect(behind.unseen).toContain(LAST);
    expect(isWeekComplete(behind, 0n)).toBe(false);
    hourOf(LAST);
    expect((await read()).hours.map(({ hour }) => hour)).toContain(LAST);
  });

  it('is worked out anew by a later set, which sees what the first one was not shown', async () => {
    const { shown, state, read } = setup();
    const shares = { root: new Uint8Array(32), rewards: 7n } as WeekShares;
    state.weeks.set(0n, { at: 1n, kept: 9n, shares });
    shown.epochs.set(
      0n,
      blankAccount('epoch', addressAt(82), { week: 0n, kept: 9n, status: EPOCH_STATUS.decided }),
    );
    shown.now = 36n;
    expect((await read()).epochs[0]?.computed).toMatchObject({ rewards: 7n });
    shown.now = 72n;
    expect((await read()).epochs[0]?.computed).toBeUndefined();
  });
});
