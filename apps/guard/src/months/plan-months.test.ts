import type { Found } from '@media-network/chain';
import { monthFinalFrom } from '@media-network/protocol';
import { describe, expect, it } from 'vitest';
import { planMonths } from './plan-months.ts';
import type { MonthsFacts } from './plan-months.ts';

/** Periods of the whitepaper; the rest of a config does not matter here. */
const CONFIG = {
  epochZero: 1_000n,
  sampleSecs: 300,
  reportSlots: 6,
  commitSlots: 9,
  verdictSlots: 12,
  finalHours: 24,
  lateHours: 336,
  hoursPerWeek: 168,
  monthSlots: 8_640,
} as Found<'config'>;
const DUE = monthFinalFrom(CONFIG, 0n);
const resource = (fields: Partial<Found<'resource'>>): Found<'resource'> =>
  ({ address: 'a', ring: 'ring', monthsClosed: 0, lastHour: 700n, ...fields }) as Found<'resource'>;
const planned = (fields: Partial<MonthsFacts>): number =>
  planMonths({
    config: CONFIG,
    now: DUE,
    guardNo: 1,
    numbers: [1, 2, 3],
    resources: [resource({})],
    ...fields,
  }).length;

const at = (guardNo: number, waited: bigint): number => planned({ guardNo, now: DUE + waited });

describe('the duty of months', () => {
  it('comes when a month can be finalised, and ends when it is', () => {
    expect(planned({})).toBe(1);
    expect(planned({ now: DUE - 1n })).toBe(0);
    expect(planned({ resources: [resource({ monthsClosed: 1 })] })).toBe(0);
  });

  it('leaves alone what has no ring, and what has recorded nothing since', () => {
    expect(planned({ resources: [resource({ ring: '11111111111111111111111111111111' as never })] })).toBe(0);
    expect(planned({ resources: [resource({ lastHour: 0n })] })).toBe(0);
    const later = monthFinalFrom(CONFIG, 3n);
    expect(planned({ now: later, resources: [resource({ monthsClosed: 1, lastHour: 720n })] })).toBe(0);
    expect(planned({ now: later, resources: [resource({ monthsClosed: 1, lastHour: 721n })] })).toBe(1);
  });

  it('is one guard after another, and another first each month', () => {
    expect([at(1, 0n), at(2, 0n), at(3, 0n)]).toEqual([1, 0, 0]);
    // A tenth of a sample each.
    expect([at(2, 29n), at(2, 30n), at(3, 59n), at(3, 60n)]).toEqual([0, 1, 0, 1]);
    const next = {
      now: monthFinalFrom(CONFIG, 1n),
      resources: [resource({ monthsClosed: 1, lastHour: 900n })],
    };
    expect([1, 2, 3].map((guardNo) => planned({ ...next, guardNo }))).toEqual([0, 0, 1]);
  });
});
