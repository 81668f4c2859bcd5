import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hourWindows } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import type { EpochFacts, HourFacts, MeterAction, MeterFacts, ResourceFacts } from './facts.ts';
import { isWeekComplete } from './plan-epochs.ts';
import { commitFrom } from './plan-hours.ts';
import { nextActions } from './plan.ts';

/**
 * Hours of 12 s, weeks of 10 hours. Hour h ends at E = (h + 1) · 12; reports until E + 4, commits until E + 10,
 * reveals until E + 14, own decision until E + 254, late until E + 614.
 */
const PERIODS: Periods = {
  epochZero: 0n,
  sampleSecs: 1,
  reportSlots: 4,
  commitSlots: 10,
  verdictSlots: 14,
  finalHours: 20,
  lateHours: 30,
  hoursPerWeek: 10,
  monthSlots: 100,
};
const usable = (...numbers: number[]): { usable: boolean; numbers: number[] } => ({ usable: true, numbers });

function facts(change: Partial<MeterFacts> = {}): MeterFacts {
  return {
    now: 12n,
    periods: PERIODS,
    guardNo: 1,
    activeGuards: [1],
    chargeEveryHours: 1n,
    sets: new Map([0n, 1n, 2n, 3n, 4n, 5n, 6n].map((week) => [week, usable(1)])),
    hours: [],
    unseen: [],
    resources: new Map(),
    epochs: [],
    claims: [],
    ...change,
  };
}
function hour(index: bigint, change: Partial<HourFacts> = {}): HourFacts {
  return {
    hour: index,
    final: false,
    finalAt: 0n,
    reports: 1,
    commits: 0,
    reveals: 0,
    setCount: 0,
    judged: 0,
    verdict: 'none',
    canReveal: true,
    voteWeek: 0n,
    myVote: undefined,
    computed: undefined,
    leaves: undefined,
    ...change,
  };
}
const finalHour = (index: bigint, leaves: readonly string[], finalAt = 0n): HourFacts =>
  hour(index, { final: true, finalAt, leaves });

function resource(
  address: string,
  change: Partial<ResourceFacts> & { recorded?: readonly bigint[] } = {},
): ResourceFacts {
  const { recorded = [], ...rest } = change;
  return {
    address,
    recordable: true,
    hasRing: true,
    lp: 1n,
    debt: 0n,
    lastHour: recorded.reduce((most, each) => (each >= most ? each + 1n : most), 0n),
    isRecorded: (index) => recorded.includes(index),
    due: [],
    ...rest,
  };
}
const resources = (...list: ResourceFacts[]): Map<string, ResourceFacts> =>
  new Map(list.map((each) => [each.address, each]));
const kinds = (actions: readonly MeterAction[]): string[] => actions.map(({ kind }) => kind);
const at = (now: bigint, only: HourFacts, change: Partial<MeterFacts> = {}): string[] =>
  kinds(nextActions(facts({ now, hours: [only], ...change })));

describe('verdicts', () => {
  it('are committed as soon as every report is judged, and not before the reports are in', () => {
    const judged = hour(0n, { reports: 3, judged: 3 });
    expect(at(15n, judged)).toEqual([]);
    expect(at(16n, judged)).toEqual(['commit-verdict']);
    expect(at(16n, hour(0n, { reports: 3, judged: 2 }))).toEqual([]);
  });

  it('are committed in time, whatever hangs: with no judgement at all, too', () => {
    const hanging = hour(0n, { reports: 12, judged: 0 });
    const from = commitFrom({ periods: PERIODS }, 0n);
    expect(from).toBe(20n);
    expect(at(from - 1n, hanging)).toEqual([]);
    expect(at(from, hanging)).toEqual(['commit-verdict']);
    expect(at(21n, hanging)).toEqual(['commit-verdict']);
    expect(at(22n, hanging)).toEqual([]);
  });

  it('by a clock that does not wait: each second of the window is looked at, and one has the commitment', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        (judgedAt, step) => {
          // Reports are judged at these seconds after the hour; the guard looks every `step` seconds.
          let committedAt: bigint | undefined;
          for (let now = 12n; now < 60n && committedAt === undefined; now += BigInt(step)) {
            const judged = judgedAt.filter((second) => 12n + BigInt(second) <= now).length;
            if (at(now, hour(0n, { reports: judgedAt.length, judged })).includes('commit-verdict'))
              committedAt = now;
          }
          const { reportsUntil, commitsUntil } = hourWindows(PERIODS, 0n);
          // A look at least every other second never misses the window, however long an inspection hangs.
          if (step <= 2) expect(committedAt).toBeDefined();
          if (committedAt !== undefined) {
            expect(committedAt >= reportsUntil && committedAt < commitsUntil).toBe(true);
          }
        },
      ),
    );
  });

  it('need a seat in a usable set of that week', () => {
    const judged = hour(0n, { judged: 1 });
    for (const set of [usable(2, 3), { usable: false, numbers: [1] }])
      expect(at(16n, judged, { sets: new Map([[0n, set]]) })).toEqual([]);
    expect(at(16n, judged, { sets: new Map() })).toEqual([]);
  });

  it('are revealed when commitments are over, or all of the set have committed', () => {
    const committed = { verdict: 'committed', commits: 2, setCount: 3 } as const;
    expect(at(21n, hour(0n, committed))).toEqual([]);
    expect(at(22n, hour(0n, committed))).toEqual(['reveal-verdict']);
    expect(at(17n, hour(0n, { ...committed, commits: 3 }))).toEqual(['reveal-verdict']);
    expect(at(22n, hour(0n, { ...committed, canReveal: false }))).toEqual([]);
    expect(at(22n, hour(0n, { ...committed, verdict: 'none' }))).toEqual([]);
    expect(at(22n, hour(0n, { ...committed, verdict: 'revealed' }))).toEqual([]);
    expect(at(26n, hour(0n, committed))).toEqual([]);
  });

  it('of a guard that has left since are revealed all the same', () => {
    const committed = hour(0n, { verdict: 'committed', commits: 1, setCount: 1 });
    expect(at(22n, committed, { activeGuards: [] })).toEqual(['reveal-verdict']);
  });
});

describe('hours', () => {
  const decided = { reveals: 3, commits: 3, setCount: 3, verdict: 'revealed' } as const;
  const sets = new Map([0n, 1n, 2n, 5n].map((week) => [week, usable(1, 2, 3)]));
  const step = (change: Partial<HourFacts>, now = 20n): readonly MeterAction[] =>
    nextActions(facts({ now, sets, hours: [hour(0n, { ...decided, ...change })] }));
  const computed = { root: 'aa', leaves: 4, missing: 0 };

  it('are computed once verdicts are in, then proposed, then rest', () => {
    expect(step({})).toEqual([{ kind: 'compute-hour', hour: 0n }]);
    expect(step({ computed })).toEqual([{ kind: 'propose-hour', hour: 0n, week: 0n }]);
    expect(step({ computed, myVote: { root: 'aa', leaves: 4 } })).toEqual([]);
    expect(step({ computed, myVote: { root: 'bb', leaves: 4 } })).toHaveLength(1);
    expect(step({ computed, myVote: { root: 'aa', leaves: 5 } })).toHaveLength(1);
    expect(step({ computed, myVote: { root: 'aa', leaves: 4 }, voteWeek: 1n })).toHaveLength(1);
  });

  it('wait for reveals, and are left to a later set where too few came', () => {
    expect(step({ reveals: 2 }, 25n)).toEqual([]);
    // Two of three are no more than two thirds.
    expect(step({ reveals: 2 }, 26n)).toEqual([]);
    expect(step({ reveals: 2, computed }, 266n)).toEqual([{ kind: 'propose-hour', hour: 0n, week: 2n }]);
    expect(step({ reveals: 0 }, 266n)).toEqual([{ kind: 'compute-hour', hour: 0n }]);
    // Late ones are the current set's alone.
    const without = new Map([
      [0n, usable(1)],
      [2n, usable(2)],
    ]);
    expect(nextActions(facts({ now: 266n, sets: without, hours: [hour(0n)] }))).toEqual([]);
    expect(step({ reveals: 0 }, 626n)).toEqual([]);
  });

  it('wait for evidence that is missing, but not for ever', () => {
    const missing = { ...computed, missing: 1 };
    expect(kinds(step({ computed: missing }, 26n))).toEqual(['compute-hour']);
    expect(kinds(step({ computed: missing }, 205n))).toEqual(['compute-hour']);
    expect(kinds(step({ computed: missing }, 206n))).toEqual(['propose-hour']);
  });

  it('do not wait for each other', () => {
    const hours = [hour(0n, { ...decided, reveals: 1 }), hour(1n, { ...decided, computed })];
    expect(nextActions(facts({ now: 40n, sets, hours }))).toEqual([
      { kind: 'propose-hour', hour: 1n, week: 0n },
    ]);
  });
});

describe('records', () => {
  it('take what is not recorded, in any order of hours', () => {
    const hours = [finalHour(0n, ['a', 'b', 'c']), finalHour(1n, ['a'])];
    const list = resources(
      resource('a', { recorded: [0n] }),
      resource('b'),
      resource('c', { recorded: [5n] }),
    );
    const given = facts({ now: 40n, hours, resources: list });
    expect(nextActions(given)).toEqual([
      { kind: 'record', hour: 0n, indices: [1, 2] },
      { kind: 'record', hour: 1n, indices: [0] },
    ]);
  });

  it('leave out what is a draft, gone, without a ring, or too long ago', () => {
    const hours = [finalHour(3n, ['a', 'b', 'c', 'd'])];
    const list = resources(
      resource('a', { recordable: false }),
      resource('b', { hasRing: false }),
      resource('c', { lastHour: 515n }),
    );
    expect(nextActions(facts({ now: 60n, hours, resources: list }))).toEqual([]);
  });

  it('let others go first by their place, and step in when it is still undone', () => {
    const sets = new Map([[0n, usable(1, 4, 7)]]);
    const hours = [finalHour(0n, ['a'], 30n)];
    const acts = (guardNo: number, now: bigint): boolean =>
      kinds(nextActions(facts({ guardNo, now, sets, hours, resources: resources(resource('a')) }))).includes(
        'record',
      );
    // Turn 0: places 0, 1, 2; each waits two seconds more.
    expect([30n, 32n, 34n].map((now) => [acts(1, now), acts(4, now), acts(7, now)])).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });

  it('wait where the fee of a week six weeks ago is still due', () => {
    const hours = [finalHour(60n, ['a'])];
    const list = resources(resource('a', { due: [{ week: 0n, amount: 5n }], lastHour: 10n }));
    expect(nextActions(facts({ now: 740n, hours, resources: list }))).toEqual([
      { kind: 'charge', resource: 'a', week: 0n },
    ]);
  });

  it('load what is final first', () => {
    expect(nextActions(facts({ now: 40n, hours: [hour(0n, { final: true })] }))).toEqual([
      { kind: 'load-hour', hour: 0n },
    ]);
  });
});

const due = (change: Partial<ResourceFacts> = {}): Map<string, ResourceFacts> =>
  resources(resource('a', { due: [{ week: 0n, amount: 5n }], lastHour: 1n, ...change }));
const chargeAt = (now: bigint): string[] =>
  kinds(nextActions(facts({ now, resources: due(), chargeEveryHours: 5n })));

describe('money', () => {
  it('is charged once a charging period', () => {
    // Hour 0 recorded last. With five hours a period the next begins at second 60.
    expect(chargeAt(59n)).toEqual([]);
    expect(chargeAt(60n)).toEqual(['charge']);
  });

  it('is charged at the end of the week, when all hours of it are recorded', () => {
    const given = facts({ now: 140n, chargeEveryHours: 1_000n, resources: due({ lastHour: 9n }) });
    expect(kinds(nextActions(given))).toEqual(['charge']);
    const waiting = { ...given, hours: [finalHour(9n, ['a'], 139n)] };
    expect(kinds(nextActions(waiting))).toEqual(['record']);
  });

  it('is charged for each week apart, and debt is paid out of new stake', () => {
    const list = due({
      due: [
        { week: 0n, amount: 5n },
        { week: 1n, amount: 6n },
      ],
      lastHour: 11n,
      debt: 3n,
    });
    expect(nextActions(facts({ now: 400n, resources: list }))).toEqual([
      { kind: 'charge', resource: 'a', week: 0n },
      { kind: 'charge', resource: 'a', week: 1n },
      { kind: 'pay-debt', resource: 'a' },
    ]);
    expect(nextActions(facts({ now: 400n, resources: due({ due: [], debt: 3n, lp: 0n }) }))).toEqual([]);
  });

  it('is the task of another guard each sample', () => {
    const sets = new Map([[3n, usable(1, 5, 9)]]);
    const acting = (now: bigint): number[] =>
      [1, 5, 9].filter((guardNo) => nextActions(facts({ guardNo, now, sets, resources: due() })).length > 0);
    for (let now = 400n; now < 406n; now += 1n) expect(acting(now)).toHaveLength(1);
    expect(new Set([400n, 401n, 402n].flatMap(acting)).size).toBe(3);
  });
});

const epochOf = (week: bigint, change: Partial<EpochFacts> = {}): EpochFacts => ({
  week,
  status: 'open',
  decidedWeek: 0n,
  own: undefined,
  later: undefined,
  computed: undefined,
  ...change,
});
const isComplete = (change: Partial<MeterFacts>): boolean =>
  isWeekComplete(facts({ now: 130n, ...change }), 0n);
const dueIn = (week: bigint): Map<string, ResourceFacts> =>
  resources(resource('a', { due: [{ week, amount: 1n }] }));

const epochStep = (change: Partial<EpochFacts>, more: Partial<MeterFacts> = {}): readonly MeterAction[] =>
  nextActions(facts({ now: 130n, epochs: [epochOf(0n, change)], ...more }));

describe('epochs', () => {
  const vote = { root: 'aa', rewards: 3n };

  it('that are complete are computed, decided by the own set, endorsed by the next', () => {
    expect(epochStep({})).toEqual([{ kind: 'compute-week', week: 0n }]);
    expect(epochStep({ computed: vote })).toEqual([{ kind: 'propose-week', week: 0n, setWeek: 0n }]);
    expect(epochStep({ computed: vote, own: vote })).toEqual([]);
    expect(epochStep({ computed: vote, own: { ...vote, rewards: 4n } })).toHaveLength(1);
    const decided = { status: 'decided', decidedWeek: 0n, computed: vote, own: vote } as const;
    expect(epochStep(decided)).toEqual([{ kind: 'propose-week', week: 0n, setWeek: 1n }]);
    expect(epochStep({ ...decided, later: vote })).toEqual([]);
    expect(epochStep({ status: 'endorsed', computed: vote })).toEqual([]);
  });

  it('that the own set decided wrongly get what is right from the next set', () => {
    const lie = { root: 'ff', rewards: 9n };
    expect(
      epochStep({ status: 'decided', decidedWeek: 0n, computed: vote, own: lie, later: lie }),
    ).toHaveLength(1);
    // What this week's set decided anew waits for the set after it.
    expect(epochStep({ status: 'decided', decidedWeek: 1n, computed: vote })).toEqual([]);
  });

  it('that the own set leaves open are decided by a later one', () => {
    const stuck = { computed: vote, own: vote } as const;
    expect(epochStep(stuck, { now: 239n })).toEqual([]);
    expect(epochStep(stuck, { now: 240n })).toEqual([{ kind: 'propose-week', week: 0n, setWeek: 2n }]);
    const gone = new Map([
      [0n, { usable: false, numbers: [] }],
      [1n, usable(1)],
    ]);
    expect(epochStep({ computed: vote }, { sets: gone })).toEqual([
      { kind: 'propose-week', week: 0n, setWeek: 1n },
    ]);
  });

  it('are finished by a guard that left after its week', () => {
    const sets = new Map([
      [0n, usable(1)],
      [1n, usable(2)],
    ]);
    expect(epochStep({ computed: vote }, { sets, activeGuards: [2] })).toEqual([
      { kind: 'propose-week', week: 0n, setWeek: 0n },
    ]);
  });

  it('wait until no report of the last hour can come any more, and for what is not final, recorded or charged', () => {
    expect(isComplete({ now: 123n })).toBe(false);
    expect(isComplete({ now: 124n })).toBe(true);
    expect(isComplete({ hours: [hour(9n)] })).toBe(false);
    expect(isComplete({ hours: [hour(9n, { final: true })] })).toBe(false);
    const unrecorded = [finalHour(9n, ['a'])];
    expect(isComplete({ hours: unrecorded, resources: resources(resource('a')) })).toBe(false);
    const done = resources(resource('a', { recorded: [9n] }));
    expect(isComplete({ hours: unrecorded, resources: done })).toBe(true);
    expect(isComplete({ hours: [hour(10n)] })).toBe(true);
    // The node may show no account although there is one.
    expect(isComplete({ unseen: [9n] })).toBe(false);
    expect(isComplete({ unseen: [10n] })).toBe(true);
    expect(isComplete({ resources: dueIn(0n) })).toBe(false);
    expect(isComplete({ resources: dueIn(1n) })).toBe(true);
  });

  it('close in any order', () => {
    const blocked = resources(resource('a', { due: [{ week: 0n, amount: 1n }], lastHour: 999n }));
    const sets = new Map([...facts().sets.keys()].map((week) => [week, usable(1, 2, 3)]));
    const epochs = [epochOf(0n), epochOf(1n, { computed: vote })];
    expect(
      nextActions(facts({ now: 260n, epochs, resources: blocked, sets, guardNo: 1 })).filter(
        ({ kind }) => kind === 'propose-week' || kind === 'compute-week',
      ),
    ).toEqual([{ kind: 'propose-week', week: 1n, setWeek: 1n }]);
  });
});

describe('claims', () => {
  it('are looked up, then claimed, each week for itself', () => {
    const claims = [
      { week: 0n, due: undefined },
      { week: 1n, due: true },
      { week: 2n, due: false },
    ];
    expect(nextActions(facts({ claims }))).toEqual([
      { kind: 'check-claim', week: 0n },
      { kind: 'claim', week: 1n },
    ]);
  });
});

it('is a plan: the same facts give the same actions, and no action twice', () => {
  const anyHour = fc.record({
    hour: fc.bigInt({ min: 0n, max: 30n }),
    final: fc.boolean(),
    reports: fc.integer({ min: 1, max: 5 }),
    judged: fc.integer({ min: 0, max: 5 }),
    reveals: fc.integer({ min: 0, max: 3 }),
    verdict: fc.constantFrom('none', 'committed', 'revealed'),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(anyHour, { selector: (each) => each.hour, maxLength: 6 }),
      fc.bigInt({ min: 0n, max: 800n }),
      (list, now) => {
        const given = facts({ now, hours: list.map((each) => hour(each.hour, { ...each, setCount: 3 })) });
        const plan = nextActions(given);
        expect(nextActions(given)).toEqual(plan);
        const said = plan.map((action) => `${action.kind} ${'hour' in action ? action.hour : ''}`);
        expect(new Set(said).size).toBe(said.length);
      },
    ),
  );
});
