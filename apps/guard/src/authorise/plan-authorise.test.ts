import { describe, expect, it } from 'vitest';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { planAuthorise } from './plan-authorise.ts';
import type { AuthoriseFacts, AuthoriseView } from './plan-authorise.ts';
import { planSets } from './set.ts';
import type { SetFacts } from './set.ts';

const resource = (change: Partial<AuthoriseFacts> = {}): AuthoriseFacts => ({
  address: 'r',
  status: RESOURCE_STATUS.pending,
  hasRing: true,
  worth: 10n,
  voted: false,
  readable: undefined,
  originAnswers: undefined,
  due: 0n,
  debt: 0n,
  quotaKbps: 1_000,
  expectedKbps: 1_000,
  changedThisHour: false,
  ...change,
});
const plan = (change: Partial<AuthoriseFacts>, view: Partial<AuthoriseView> = {}): string[] =>
  planAuthorise({
    guardNo: 1,
    set: { usable: true, numbers: [1] },
    turn: 0n,
    resources: [resource(change)],
    ...view,
  }).map(({ kind }) => kind);

const setOf = (week: bigint, worths: readonly bigint[], isUsable = false): SetFacts['sets'][number] => ({
  week,
  numbers: worths.map((_, i) => i + 10),
  entries: worths.map((worth, i) => ({ guard: `g${i}`, no: i + 10, worth })),
  usable: isUsable,
});

const weeksWanted = (change: Partial<SetFacts>): readonly bigint[] =>
  planSets({
    guard: 'me',
    week: 4n,
    sets: [setOf(4n, []), setOf(5n, [])],
    maxGuards: 2,
    active: true,
    worth: 100n,
    minGuardStake: 50n,
    barredUntil: 0n,
    ...change,
  });

describe('a guard that a vote has barred', () => {
  it('does not try to join the weeks before', () => {
    expect(weeksWanted({})).toEqual([4n, 5n]);
    expect(weeksWanted({ barredUntil: 5n })).toEqual([5n]);
    expect(weeksWanted({ barredUntil: 6n })).toEqual([]);
  });
});

describe('authorise', () => {
  it('looks first, then votes if it can read the settings and the origin answers', () => {
    expect(plan({})).toEqual(['look']);
    expect(plan({ readable: true, originAnswers: true })).toEqual(['authorise']);
    expect(plan({ readable: false, originAnswers: false })).toEqual([]);
    expect(plan({ readable: true, originAnswers: false })).toEqual([]);
  });

  it('leaves what has no stake, no ring, its vote already, or is not pending', () => {
    const seen = { readable: true, originAnswers: true };
    expect(plan({ ...seen, worth: 0n })).toEqual([]);
    expect(plan({ ...seen, hasRing: false })).toEqual([]);
    expect(plan({ ...seen, voted: true })).toEqual([]);
    for (const status of [
      RESOURCE_STATUS.draft,
      RESOURCE_STATUS.active,
      RESOURCE_STATUS.paused,
      RESOURCE_STATUS.removed,
      RESOURCE_STATUS.released,
    ]) {
      expect(plan({ ...seen, status })).toEqual([]);
    }
  });

  it('is for guards of a usable set', () => {
    const seen = { readable: true, originAnswers: true };
    expect(plan(seen, { set: { usable: false, numbers: [1] } })).toEqual([]);
    expect(plan(seen, { set: { usable: true, numbers: [2] } })).toEqual([]);
  });
});

describe('quota', () => {
  const active = { status: RESOURCE_STATUS.active };
  it('is recomputed when the worth moved it by more than 5 %', () => {
    expect(plan({ ...active, expectedKbps: 1_050 })).toEqual([]);
    expect(plan({ ...active, expectedKbps: 1_051 })).toEqual(['refresh-quota']);
    expect(plan({ ...active, expectedKbps: 949 })).toEqual(['refresh-quota']);
    expect(plan({ ...active, quotaKbps: 0, expectedKbps: 1 })).toEqual(['refresh-quota']);
  });

  it('is recomputed once an hour', () => {
    expect(plan({ ...active, expectedKbps: 2_000, changedThisHour: true })).toEqual([]);
    // Whoever has paid does not wait for the next.
    expect(plan({ status: RESOURCE_STATUS.exhausted, changedThisHour: true })).toEqual(['refresh-quota']);
  });

  it('revives an exhausted resource that is paid up again', () => {
    const exhausted = { status: RESOURCE_STATUS.exhausted };
    expect(plan({ ...exhausted })).toEqual(['refresh-quota']);
    expect(plan({ ...exhausted, worth: 0n })).toEqual([]);
    expect(plan({ ...exhausted, due: 1n })).toEqual([]);
    expect(plan({ ...exhausted, debt: 1n })).toEqual([]);
    expect(plan({ status: RESOURCE_STATUS.removed, expectedKbps: 1 })).toEqual([]);
  });

  it('is the task of one guard at a time, another each turn', () => {
    const stale = { ...active, expectedKbps: 2_000 };
    const set = { usable: true, numbers: [3, 8, 9] };
    for (let turn = 0n; turn < 6n; turn += 1n) {
      expect([3, 8, 9].filter((guardNo) => plan(stale, { guardNo, set, turn }).length > 0)).toHaveLength(1);
    }
  });
});

describe('sets', () => {
  it("joins this week's while it is open, and the next one's", () => {
    expect(weeksWanted({})).toEqual([4n, 5n]);
    expect(weeksWanted({ sets: [setOf(4n, [1n], true), setOf(5n, [])] })).toEqual([5n]);
  });

  it('joins none without the stake, after it has left, and none twice', () => {
    expect(weeksWanted({ active: false })).toEqual([]);
    expect(weeksWanted({ worth: 49n })).toEqual([]);
    expect(weeksWanted({ guard: 'g0', sets: [setOf(4n, [1n]), setOf(5n, [])] })).toEqual([5n]);
  });

  it('enters a full set only in place of one of lower worth', () => {
    expect(weeksWanted({ sets: [setOf(4n, [100n, 200n]), setOf(5n, [99n, 200n])] })).toEqual([5n]);
  });
});
