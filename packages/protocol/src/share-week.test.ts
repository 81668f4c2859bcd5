import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressAt, edgeAt, resourceAt, sha256 } from '../test/hour-facts.ts';
import { toHex } from './bytes.ts';
import { U64_MAX } from './integer.ts';
import { shareWeek } from './share-week.ts';
import type { FinalHour, WeekFacts } from './share-week.ts';

const [A, B] = [resourceAt(0), resourceAt(1)];
const ownerOfEdge = (edge: string): string => edge;
const guardOwner = (no: number): string => addressAt(200 + no);

/** Credits by edge and resource, and what is disputed of a resource. */
function hourOf(
  credits: readonly (readonly [edge: number, resource: string, bytes: bigint])[],
  right: readonly number[] = [1],
  disputed: Readonly<Record<string, bigint>> = {},
): FinalHour {
  const resources = [...new Set([...credits.map(([, resource]) => resource), ...Object.keys(disputed)])];
  const edges = [...new Set(credits.map(([edge]) => edge))];
  return {
    resources: resources.map((resource) => ({
      resource,
      billable: credits.filter((each) => each[1] === resource).reduce((sum, each) => sum + each[2], 0n),
      disputed: disputed[resource] ?? 0n,
    })),
    edges: edges.map((edge) => ({
      edge: edgeAt(edge),
      rows: credits
        .filter((each) => each[0] === edge)
        .map(([, resource, credited]) => ({ resource, credited })),
    })),
    right,
  };
}
const share = (hours: readonly FinalHour[], change: Partial<WeekFacts> = {}): ReturnType<typeof shareWeek> =>
  shareWeek(
    { hours, keptOf: () => 1_000n, guardShareBps: 2_000, ownerOfEdge, ownerOfGuard: guardOwner, ...change },
    sha256,
  );

const week = fc.array(
  fc
    .record({
      credits: fc.uniqueArray(
        fc.tuple(
          fc.nat(4),
          fc.constantFrom(A, B),
          fc.oneof(fc.bigInt({ min: 0n, max: 1n << 40n }), fc.bigInt({ min: 0n, max: U64_MAX })),
        ),
        { selector: ([edge, resource]) => `${edge} ${resource}`, maxLength: 6 },
      ),
      right: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }),
      disputed: fc.bigInt({ min: 0n, max: 1n << 40n }),
    })
    .map(({ credits, right, disputed }) => hourOf(credits, right, { [A]: disputed })),
  { maxLength: 5 },
);
const kept = fc.bigInt({ min: 0n, max: 1n << 50n });

describe('shares of a week', () => {
  it('never sum to more than was kept, resource by resource', () => {
    fc.assert(
      fc.property(week, kept, kept, fc.integer({ min: 0, max: 10_000 }), (hours, a, b, guardShareBps) => {
        const all = share(hours, { keptOf: (resource) => (resource === A ? a : b), guardShareBps });
        expect(all.rewards).toBeLessThanOrEqual(a + b);
        expect([...all.amounts.values()].reduce((sum, each) => sum + each, 0n)).toBe(all.rewards);
        const only = share(hours, { keptOf: (resource) => (resource === A ? a : 0n), guardShareBps });
        expect(only.rewards).toBeLessThanOrEqual(a);
      }),
    );
  });

  it('are nothing for what paid nothing, however much of it is credited', () => {
    const hours = [
      hourOf([
        [0, A, 1n],
        [1, B, U64_MAX],
      ]),
    ];
    const found = share(hours, { keptOf: (resource) => (resource === A ? 1_000n : 0n) });
    expect(found.amounts.get(edgeAt(1)) ?? 0n).toBe(0n);
    expect(found.amounts.get(edgeAt(0))).toBe(800n);
    expect(found.guardsPot).toBe(200n);
  });

  it('do not change for others when somebody bills itself more', () => {
    fc.assert(
      fc.property(week, kept, kept, (hours, a, more) => {
        const before = share(hours, { keptOf: (resource) => (resource === A ? a : 0n), guardShareBps: 0 });
        const after = share(
          hours.map((hour, i) => (i > 0 ? hour : { ...hour, ...withSelf(hour, more) })),
          { keptOf: (resource) => (resource === A ? a : more), guardShareBps: 0 },
        );
        for (const [owner, amount] of before.amounts)
          expect(after.amounts.get(owner) ?? 0n).toBeGreaterThanOrEqual(amount);
      }),
    );
  });

  it('follow the bytes of the whole week', () => {
    const hours = [hourOf([[0, A, 10n]]), hourOf([[1, A, 30n]]), hourOf([[0, A, 20n]])];
    const { amounts } = share(hours, { guardShareBps: 0 });
    expect([amounts.get(edgeAt(0)), amounts.get(edgeAt(1))]).toEqual([500n, 500n]);
  });

  it('leave the disputed part in the fund, of edges and guards', () => {
    const found = share([hourOf([[0, A, 30n]], [1], { [A]: 10n })]);
    expect(found.amounts.get(edgeAt(0))).toBe(600n);
    expect(found.amounts.get(guardOwner(1))).toBe(150n);
    expect(share([hourOf([], [1], { [A]: 10n })]).rewards).toBe(0n);
  });

  it('pay guards by right reveals', () => {
    const hours = [hourOf([[0, A, 1n]], [1, 2]), hourOf([[0, A, 1n]], [2])];
    const { amounts } = share(hours);
    expect([amounts.get(guardOwner(1)), amounts.get(guardOwner(2))]).toEqual([66n, 133n]);
  });

  it('of accounts that are gone stay in the fund', () => {
    const hours = [
      hourOf([
        [0, A, 1n],
        [1, A, 1n],
      ]),
    ];
    const found = share(hours, {
      ownerOfEdge: (edge) => (edge === edgeAt(0) ? undefined : edge),
      ownerOfGuard: () => undefined,
    });
    expect(found.rewards).toBe(400n);
  });

  it('add up for an owner of several nodes, and do not depend on order', () => {
    fc.assert(
      fc.property(week, kept, (hours, a) => {
        const owners = { keptOf: () => a, ownerOfEdge: () => A, ownerOfGuard: () => A };
        const found = share(hours, owners);
        expect(found.claims).toEqual(found.rewards === 0n ? [] : [{ owner: A, amount: found.rewards }]);
        expect(toHex(share(hours.toReversed(), { keptOf: () => a }).root)).toBe(
          toHex(share(hours, { keptOf: () => a }).root),
        );
      }),
    );
  });
});

function withSelf(hour: FinalHour, bytes: bigint): FinalHour {
  const own = hourOf([[9, resourceAt(7), bytes]]);
  return {
    resources: [...hour.resources, ...own.resources],
    edges: [...hour.edges, ...own.edges],
    right: hour.right,
  };
}
