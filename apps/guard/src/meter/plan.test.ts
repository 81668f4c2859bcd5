import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Periods, ResourceHour } from '@media-network/protocol';
import type { EpochFacts, HourFacts, MeterAction, MeterFacts, ReportFacts, ResourceFacts } from './facts.ts';
import { MAX_VERDICTS, isWeekComplete, nextActions, unavailableFrom } from './plan.ts';

/** Hours of 12 s, weeks of 10 hours: hour h ends at (h + 1) · 12, reports until + 6, verdicts until + 12. */
const PERIODS: Periods = {
  epochZero: 0n,
  sampleSecs: 1,
  reportSlots: 6,
  verdictSlots: 12,
  finalHours: 20,
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
    lastEpoch: 0n,
    sets: new Map([0n, 1n, 2n, 3n, 4n, 5n, 6n].map((week) => [week, usable(1)])),
    hours: [],
    resources: new Map(),
    pools: [{ address: 'pool', feeLp: 0n, feeWeek: 0n }],
    epochs: [],
    reward: 'off',
    ...change,
  };
}
function hour(index: bigint, change: Partial<HourFacts> = {}): HourFacts {
  return {
    hour: index,
    final: false,
    finalAt: 0n,
    reports: 1,
    decided: 0,
    myRoot: undefined,
    computedRoot: undefined,
    leaves: undefined,
    reportList: [],
    ...change,
  };
}
const report = (address: string, change: Partial<ReportFacts> = {}): ReportFacts => ({
  address,
  edge: 'edge',
  pending: true,
  voted: false,
  verdict: undefined,
  ...change,
});
const leaf = (resource: string, previous: bigint): ResourceHour => ({
  resource,
  previous,
  slots: Array.from({ length: 12 }, () => 1n),
  billable: 1n,
});
const resource = (address: string, change: Partial<ResourceFacts> = {}): ResourceFacts => ({
  address,
  pool: 'pool',
  recordable: true,
  lastHour: 0n,
  due: 0n,
  dueWeek: 0n,
  ...change,
});
const resources = (...list: ResourceFacts[]): Map<string, ResourceFacts> =>
  new Map(list.map((each) => [each.address, each]));
const kinds = (actions: readonly MeterAction[]): string[] => actions.map(({ kind }) => kind);

const hourStep = (change: Partial<HourFacts>): readonly MeterAction[] =>
  nextActions(facts({ now: 18n, hours: [hour(0n, { decided: 1, ...change })] }));

const finalHour = (index: bigint, leaves: ResourceHour[], finalAt = 0n): HourFacts =>
  hour(index, { final: true, finalAt, leaves });

const dueResource = (change: Partial<ResourceFacts> = {}): Map<string, ResourceFacts> =>
  resources(resource('a', { due: 5n, lastHour: 1n, ...change }));

const chargeAt = (now: bigint): string[] =>
  kinds(nextActions(facts({ now, resources: dueResource(), chargeEveryHours: 5n })));

const epochOf = (week: bigint, change: Partial<EpochFacts> = {}): EpochFacts => ({
  week,
  closed: false,
  mine: undefined,
  computed: undefined,
  ...change,
});

const epochStep = (change: Partial<EpochFacts>): readonly MeterAction[] =>
  nextActions(facts({ now: 126n, epochs: [epochOf(0n, change)] }));

const isComplete = (change: Partial<MeterFacts>): boolean =>
  isWeekComplete(facts({ now: 130n, ...change }), 0n);

describe('verdicts', () => {
  it('inspects what is pending, votes on what is judged, and leaves the rest', () => {
    const list = [
      report('a'),
      report('b', { verdict: 0 }),
      report('c', { verdict: 3 }),
      report('d', { verdict: 0, voted: true }),
      report('e', { pending: false }),
    ];
    expect(nextActions(facts({ hours: [hour(0n, { reportList: list })] }))).toEqual([
      { kind: 'inspect', hour: 0n, report: 'a' },
      {
        kind: 'vote',
        hour: 0n,
        week: 0n,
        verdicts: [
          { report: 'b', reason: 0 },
          { report: 'c', reason: 3 },
        ],
      },
    ]);
  });

  it('says unavailable only when the time for verdicts is nearly over, and never after it', () => {
    const hours = [hour(0n, { reports: 2, reportList: [report('a')] })];
    const from = unavailableFrom({ periods: PERIODS }, 0n);
    expect(from).toBe(22n);
    expect(kinds(nextActions(facts({ now: from - 1n, hours })))).toEqual(['inspect']);
    expect(nextActions(facts({ now: from, hours }))).toEqual([
      { kind: 'vote', hour: 0n, week: 0n, verdicts: [{ report: 'a', reason: 1 }] },
    ]);
    expect(kinds(nextActions(facts({ now: 24n, hours })))).toEqual(['compute-hour']);
  });

  it('does not vote without a seat in the set of that week, or before the set is usable', () => {
    const hours = [hour(0n, { reportList: [report('a', { verdict: 0 })] })];
    for (const set of [usable(2, 3), { usable: false, numbers: [1] }]) {
      expect(nextActions(facts({ hours, sets: new Map([[0n, set]]) }))).toEqual([]);
    }
    expect(nextActions(facts({ hours, sets: new Map() }))).toEqual([]);
  });

  it('cuts votes at what fits into a transaction', () => {
    const list = Array.from({ length: 2 * MAX_VERDICTS + 1 }, (_, i) => report(`r${i}`, { verdict: 0 }));
    const actions = nextActions(facts({ hours: [hour(0n, { reports: list.length, reportList: list })] }));
    expect(actions.map((action) => (action.kind === 'vote' ? action.verdicts.length : 0))).toEqual([
      24, 24, 1,
    ]);
  });
});

describe('hours', () => {
  it('computes once reports are fixed, then proposes, then rests', () => {
    expect(hourStep({})).toEqual([{ kind: 'compute-hour', hour: 0n }]);
    expect(hourStep({ computedRoot: 'aa' })).toEqual([
      { kind: 'propose-hour', hour: 0n, week: 0n, root: 'aa' },
    ]);
    expect(hourStep({ computedRoot: 'aa', myRoot: 'aa' })).toEqual([]);
    expect(hourStep({ computedRoot: 'aa', myRoot: 'bb' })).toEqual([
      { kind: 'propose-hour', hour: 0n, week: 0n, root: 'aa' },
    ]);
  });

  it('waits while reports can still change', () => {
    const hours = [hour(0n, { decided: 1 })];
    expect(nextActions(facts({ now: 17n, hours }))).toEqual([]);
    expect(kinds(nextActions(facts({ now: 18n, hours })))).toEqual(['compute-hour']);
    expect(nextActions(facts({ now: 23n, hours: [hour(0n)] }))).toEqual([]);
    expect(kinds(nextActions(facts({ now: 24n, hours: [hour(0n)] })))).toEqual(['compute-hour']);
  });

  it('does not go ahead of an earlier hour that is neither final nor void', () => {
    const later = hour(1n, { decided: 1, computedRoot: 'bb' });
    expect(
      nextActions(facts({ now: 40n, hours: [hour(0n, { computedRoot: 'aa', myRoot: 'aa' }), later] })),
    ).toEqual([]);
    // Final, but its leaves are not known yet: the previous hours of the later one are not either.
    expect(nextActions(facts({ now: 40n, hours: [hour(0n, { final: true }), later] }))).toEqual([
      { kind: 'load-hour', hour: 0n },
    ]);
    expect(
      kinds(nextActions(facts({ now: 40n, hours: [hour(0n, { final: true, leaves: [] }), later] }))),
    ).toEqual(['propose-hour']);
    // Void from 24 + 240 on, but for the reader to take off the list: a node that lags may not have its last vote yet.
    expect(nextActions(facts({ now: 270n, hours: [hour(0n), later] }))).toEqual([]);
    expect(kinds(nextActions(facts({ now: 270n, hours: [later] })))).toEqual(['propose-hour']);
  });

  it('is left to the set of its week', () => {
    const sets = new Map([
      [0n, usable(2)],
      [1n, usable(1)],
    ]);
    expect(nextActions(facts({ now: 130n, sets, hours: [hour(9n, { computedRoot: 'aa' })] }))).toEqual([]);
  });
});

describe('records', () => {
  it('records what follows the last hour of the resource, one hour at a time', () => {
    const hours = [finalHour(0n, [leaf('a', 0n), leaf('b', 0n)]), finalHour(1n, [leaf('a', 1n)])];
    const given = facts({ now: 30n, hours, resources: resources(resource('a'), resource('b')) });
    expect(nextActions(given)).toEqual([
      { kind: 'record', hour: 0n, resource: 'a' },
      { kind: 'record', hour: 0n, resource: 'b' },
    ]);
    const next = facts({
      now: 30n,
      hours,
      resources: resources(resource('a', { lastHour: 1n }), resource('b', { lastHour: 1n })),
    });
    expect(nextActions(next)).toEqual([{ kind: 'record', hour: 1n, resource: 'a' }]);
  });

  it('leaves out what is recorded, gone, a draft, or not next', () => {
    const hours = [finalHour(3n, [leaf('a', 2n), leaf('b', 0n), leaf('c', 0n), leaf('d', 0n)])];
    const list = resources(
      resource('a', { lastHour: 0n }),
      resource('b', { lastHour: 4n }),
      resource('c', { recordable: false }),
    );
    expect(nextActions(facts({ now: 60n, hours, resources: list }))).toEqual([]);
  });

  it('lets others go first by their place, and steps in when it is still undone', () => {
    const sets = new Map([[0n, usable(1, 4, 7)]]);
    const hours = [finalHour(0n, [leaf('a', 0n)], 30n)];
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

  it('charges first when fees of another week are due', () => {
    const hours = [finalHour(10n, [leaf('a', 10n)])];
    const list = resources(resource('a', { lastHour: 10n, due: 5n, dueWeek: 0n }));
    expect(nextActions(facts({ now: 150n, hours, resources: list, chargeEveryHours: 1_000n }))).toEqual([
      { kind: 'charge', resource: 'a', dueWeek: 0n, epochWeek: 0n },
    ]);
  });
});

describe('money', () => {
  it('is charged once a charging period', () => {
    // Hour 0 recorded last. With five hours a period the next begins at second 60.
    expect(chargeAt(59n)).toEqual([]);
    expect(chargeAt(60n)).toEqual(['charge']);
  });

  it('is charged at the end of the week, when all hours of it are recorded', () => {
    const given = facts({ now: 140n, chargeEveryHours: 1_000n, resources: dueResource({ lastHour: 9n }) });
    expect(kinds(nextActions(given))).toEqual(['charge']);
    const waiting = { ...given, hours: [hour(9n, { final: true, finalAt: 139n, leaves: [leaf('a', 9n)] })] };
    expect(kinds(nextActions(waiting))).toEqual(['record']);
  });

  it('goes to the current week when the week it was due in is past', () => {
    const given = facts({ now: 150n, lastEpoch: 1n, resources: dueResource() });
    expect(nextActions(given)).toContainEqual({ kind: 'charge', resource: 'a', dueWeek: 0n, epochWeek: 1n });
    // And waits when that one is past too.
    expect(nextActions({ ...given, lastEpoch: 2n })).toEqual([]);
  });

  it('is unwrapped at once, and before a charge for another week', () => {
    const pools = [{ address: 'pool', feeLp: 9n, feeWeek: 0n }];
    expect(nextActions(facts({ now: 30n, pools }))).toEqual([{ kind: 'unwrap', pool: 'pool', week: 0n }]);
    const other = facts({ now: 150n, pools, resources: dueResource({ dueWeek: 1n, lastHour: 11n }) });
    expect(kinds(nextActions({ ...other, now: 170n }))).toEqual(['unwrap']);
    // LP of a past week cannot be unwrapped: it goes along with the next charge.
    expect(kinds(nextActions({ ...other, now: 170n, lastEpoch: 1n }))).toEqual(['charge']);
  });

  it('is the task of another guard each sample', () => {
    const sets = new Map([[0n, usable(1, 5, 9)]]);
    const pools = [{ address: 'pool', feeLp: 9n, feeWeek: 0n }];
    for (let now = 30n; now < 36n; now += 1n) {
      const acting = [1, 5, 9].filter(
        (guardNo) => nextActions(facts({ guardNo, now, sets, pools })).length > 0,
      );
      expect(acting).toHaveLength(1);
    }
    const all = [30n, 31n, 32n].map((now) =>
      [1, 5, 9].find((guardNo) => nextActions(facts({ guardNo, now, sets, pools })).length > 0),
    );
    expect(new Set(all).size).toBe(3);
  });
});

describe('epochs', () => {
  const vote = { root: 'aa', rewards: 3n };

  it('closes a week that is complete: computes, proposes, rests', () => {
    expect(epochStep({})).toEqual([{ kind: 'compute-epoch', week: 0n }]);
    expect(epochStep({ computed: vote })).toEqual([{ kind: 'propose-epoch', week: 0n, ...vote }]);
    expect(epochStep({ computed: vote, mine: vote })).toEqual([]);
    expect(epochStep({ computed: vote, mine: { ...vote, rewards: 4n } })).toEqual([
      { kind: 'propose-epoch', week: 0n, ...vote },
    ]);
    expect(epochStep({ closed: true })).toEqual([]);
  });

  it('waits until no report of its last hour can come any more', () => {
    expect(isWeekComplete(facts({ now: 125n }), 0n)).toBe(false);
    expect(isWeekComplete(facts({ now: 126n }), 0n)).toBe(true);
  });

  it('waits for hours that are not final or not recorded, for fees due, and for LP that waits', () => {
    expect(isComplete({})).toBe(true);
    expect(isComplete({ hours: [hour(9n)] })).toBe(false);
    expect(isComplete({ hours: [hour(9n, { final: true })] })).toBe(false);
    const unrecorded = [hour(9n, { final: true, leaves: [leaf('a', 0n)] })];
    expect(isComplete({ hours: unrecorded, resources: resources(resource('a')) })).toBe(false);
    expect(isComplete({ hours: unrecorded, resources: resources(resource('a', { lastHour: 10n })) })).toBe(
      true,
    );
    expect(isComplete({ hours: [hour(10n)] })).toBe(true);
    expect(isComplete({ resources: resources(resource('a', { due: 1n, dueWeek: 0n })) })).toBe(false);
    expect(isComplete({ resources: resources(resource('a', { due: 1n, dueWeek: 1n })) })).toBe(true);
    expect(isComplete({ pools: [{ address: 'pool', feeLp: 1n, feeWeek: 0n }] })).toBe(false);
  });

  it('waits for leaves of earlier weeks too, so that none is left behind', () => {
    const hours = [hour(5n, { final: true, leaves: [leaf('a', 0n)] })];
    expect(isWeekComplete(facts({ now: 250n, hours, resources: resources(resource('a')) }), 1n)).toBe(false);
  });

  it('keeps the order of weeks, but not for ever', () => {
    const epochs = [epochOf(0n), epochOf(1n)];
    const blocked = resources(resource('a', { due: 1n, dueWeek: 0n, lastHour: 999n }));
    const at = (now: bigint): string[] =>
      nextActions(
        facts({
          now,
          epochs,
          resources: blocked,
          guardNo: 1,
          sets: new Map([...facts().sets].map(([week]) => [week, usable(1, 2, 3)])),
        }),
      )
        .filter(({ kind }) => kind === 'compute-epoch')
        .map((action) => ('week' in action ? String(action.week) : ''));
    expect(at(260n)).toEqual([]);
    expect(at(610n)).toEqual(['1']);
  });

  it('passes over a week that cannot be computed, and goes on trying it', () => {
    const computed = { root: 'aa', rewards: 1n };
    const at = (now: bigint): string[] =>
      nextActions(facts({ now, epochs: [epochOf(0n), epochOf(1n, { computed })] })).flatMap((action) =>
        'week' in action ? [`${action.kind} ${action.week}`] : [],
      );
    expect(at(260n)).toEqual(['compute-epoch 0']);
    expect(at(610n)).toEqual(['compute-epoch 0', 'propose-epoch 1']);
  });

  it('does not touch weeks that are past', () => {
    expect(nextActions(facts({ now: 400n, lastEpoch: 2n, epochs: [epochOf(0n), epochOf(1n)] }))).toEqual([]);
  });
});

describe('claims', () => {
  it('are looked up after each closed epoch, and made when there is something', () => {
    const at = (reward: MeterFacts['reward']): readonly MeterAction[] =>
      nextActions(facts({ lastEpoch: 3n, now: 400n, reward }));
    expect(at('unknown')).toEqual([{ kind: 'check-claim', week: 2n }]);
    expect(at('due')).toEqual([{ kind: 'claim', week: 2n }]);
    expect(at('none')).toEqual([]);
    expect(at('off')).toEqual([]);
    expect(nextActions(facts({ reward: 'unknown' }))).toEqual([]);
  });
});

describe('any plan', () => {
  const names = ['a', 'b', 'c'];
  const anyLeaf = fc.record({
    resource: fc.constantFrom(...names),
    previous: fc.bigInt({ min: 0n, max: 12n }),
  });
  const anyHour = fc.record({
    final: fc.boolean(),
    decided: fc.integer({ min: 0, max: 1 }),
    computedRoot: fc.option(fc.constantFrom('aa', 'bb'), { nil: undefined }),
    myRoot: fc.option(fc.constantFrom('aa', 'bb'), { nil: undefined }),
    leaves: fc.option(fc.uniqueArray(anyLeaf, { selector: (each) => each.resource }), { nil: undefined }),
  });
  const anyFacts = fc
    .record({
      now: fc.bigInt({ min: 0n, max: 400n }),
      hours: fc.array(anyHour, { maxLength: 6 }),
      lastHour: fc.array(fc.bigInt({ min: 0n, max: 12n }), { minLength: 3, maxLength: 3 }),
      due: fc.array(fc.bigInt({ min: 0n, max: 2n }), { minLength: 3, maxLength: 3 }),
      dueWeek: fc.bigInt({ min: 0n, max: 3n }),
      lastEpoch: fc.bigInt({ min: 0n, max: 3n }),
      feeLp: fc.bigInt({ min: 0n, max: 1n }),
    })
    .map((drawn) =>
      facts({
        now: drawn.now,
        lastEpoch: drawn.lastEpoch,
        pools: [{ address: 'pool', feeLp: drawn.feeLp, feeWeek: drawn.dueWeek }],
        hours: drawn.hours.map((each, i) =>
          hour(BigInt(i), { ...each, leaves: each.leaves?.map((one) => leaf(one.resource, one.previous)) }),
        ),
        resources: resources(
          ...names.map((name, i) =>
            resource(name, {
              lastHour: drawn.lastHour[i] ?? 0n,
              due: drawn.due[i] ?? 0n,
              dueWeek: drawn.dueWeek,
            }),
          ),
        ),
      }),
    );

  it('is the same for the same facts, proposes one hour at most, and records each resource once', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const actions = nextActions(given);
        expect(nextActions(given)).toEqual(actions);
        expect(
          actions.filter(({ kind }) => kind === 'propose-hour' || kind === 'compute-hour').length,
        ).toBeLessThanOrEqual(1);
        const recorded = actions.flatMap((action) => (action.kind === 'record' ? [action.resource] : []));
        expect(new Set(recorded).size).toBe(recorded.length);
      }),
    );
  });

  it('never proposes an hour after one that is open, nor records what is not final or not next', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        for (const action of nextActions(given)) {
          if (action.kind === 'propose-hour') {
            const earlier = given.hours.filter((each) => each.hour < action.hour);
            expect(earlier.every((each) => each.final)).toBe(true);
          }
          if (action.kind !== 'record') continue;
          const found = given.hours.find((each) => each.hour === action.hour);
          const one = found?.leaves?.find((each) => each.resource === action.resource);
          expect(found?.final).toBe(true);
          expect(given.resources.get(action.resource)?.lastHour).toBe(one?.previous);
        }
      }),
    );
  });

  it('charges only what is due, and never into a week that is past', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        for (const action of nextActions(given)) {
          if (action.kind !== 'charge') continue;
          expect(given.resources.get(action.resource)?.due).toBeGreaterThan(0n);
          expect(action.epochWeek).toBeGreaterThanOrEqual(given.lastEpoch);
        }
      }),
    );
  });
});
