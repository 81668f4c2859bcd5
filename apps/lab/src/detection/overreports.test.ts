import { expect, test } from 'vitest';
import { OVERREPORT_CASES, findOverreports, watchMeters } from './overreports.ts';

const SEEDS = 5;

test.each(OVERREPORT_CASES.map((each) => [each.name, each] as const))(
  'an edge that reports %s is found out where that is promised, and within two hours',
  (_, each) => {
    const row = findOverreports(each, SEEDS);
    expect(row).toMatchObject({ holds: true, found: each.open === true ? 0 : 1 });
  },
  600_000,
);

test('one that reports what it counted never is, killed or not', () => {
  expect(watchMeters(2)).toMatchObject({ edgeWeeks: 2, notFull: 0, holds: true });
}, 600_000);
