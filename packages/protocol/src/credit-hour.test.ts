import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arbitraryFacts,
  edgeAt,
  factsOf,
  reportOf,
  resourceAt,
  reveal,
  sha256,
  slotsOf,
} from '../test/hour-facts.ts';
import { toHex } from './bytes.ts';
import { creditHour } from './credit-hour.ts';
import type { CreditedHour, HourFacts, HourReport } from './credit-hour.ts';
import { sumSlots } from './entry.ts';
import { decodeHour, packResourceHours, recordTail } from './hour.ts';
import { U64_MAX } from './integer.ts';
import { unpackNumbers } from './packed-numbers.ts';
import { yieldCapBytes } from './open-allowance.ts';

const [A, B] = [resourceAt(0), resourceAt(1)];
const credit = (facts: HourFacts): CreditedHour => creditHour(facts, sha256);
const creditedOf = (hour: CreditedHour, edge: string, resource: string): bigint =>
  hour.edges.find((each) => each.edge === edge)?.rows.find((row) => row.resource === resource)?.credited ??
  0n;
const session = (
  name: string,
  bytes: bigint,
  ceiling: bigint,
): { session: string; bytes: bigint; ceiling: bigint } => ({
  session: name,
  bytes,
  ceiling,
});
const unchanged = (facts: HourFacts, change: Partial<HourFacts>): HourFacts => ({ ...facts, ...change });
/** No yield caps, no dust, nothing disputed: what is left is the payer's word. */
const plain = (facts: HourFacts): HourFacts => ({
  ...facts,
  terms: { ...facts.terms, feePerGb: 0n, dustBytes: 0n },
  reveals: facts.reveals.map((each) => ({ ...each, disputes: [] })),
});

const spoilt = (report: HourReport): HourReport => ({
  ...report,
  bytes: report.bytes ^ 1n,
  worth: U64_MAX,
});

const served = (bytes: bigint): { resource: string; slots: readonly bigint[] }[] => [
  { resource: A, slots: slotsOf(bytes) },
];

describe('an hour, whatever anybody says', () => {
  it('bills no more than the payer said: ceilings of its tokens and its allowance', () => {
    fc.assert(
      fc.property(arbitraryFacts, (facts) => {
        for (const leaf of credit(facts).resources) {
          const ceilings = new Map(
            facts.reports.flatMap((report) =>
              (report.sessionsOf(leaf.resource) ?? []).map((each) => [each.session, each.ceiling] as const),
            ),
          );
          const signed = [...ceilings.values()].reduce((sum, each) => sum + each, 0n);
          const word = signed + (facts.resourceOf(leaf.resource)?.allowance ?? 0n);
          expect(leaf.billable + leaf.disputed).toBeLessThanOrEqual(word);
          expect(facts.resourceOf(leaf.resource)?.active).toBe(true);
        }
      }),
    );
  });

  it('credits an edge no more than it reported, and a resource what its edges are credited', () => {
    fc.assert(
      fc.property(arbitraryFacts, (facts) => {
        const hour = credit(facts);
        const sums = new Map<string, bigint>();
        for (const { edge, rows } of hour.edges) {
          const report = facts.reports.find((each) => each.edge === edge);
          for (const row of rows) {
            const entry = report?.entries?.find((each) => each.resource === row.resource);
            expect(row.credited).toBeLessThanOrEqual(sumSlots(entry?.slots ?? []));
            expect(row.credited).toBeGreaterThan(0n);
            sums.set(row.resource, (sums.get(row.resource) ?? 0n) + row.credited);
          }
        }
        for (const leaf of hour.resources) {
          const sum = sums.get(leaf.resource) ?? 0n;
          expect(leaf.billable).toBe(sum > U64_MAX ? U64_MAX : sum);
          // What the program adds up is what is charged, so that no final hour is unrecordable.
          const charged = leaf.billable + leaf.disputed;
          expect(sumSlots(leaf.slots)).toBe(charged > U64_MAX ? U64_MAX : charged);
        }
        expect([...sums.keys()].every((each) => hour.resources.some((leaf) => leaf.resource === each))).toBe(
          true,
        );
      }),
    );
  });

  it('does not depend on the order in which anything is given', () => {
    fc.assert(
      fc.property(arbitraryFacts, fc.infiniteStream(fc.nat(1_000)), (facts, numbers) => {
        const shuffled = <T>(list: readonly T[]): T[] =>
          list
            .map((item) => ({ item, at: Number(numbers.next().value) }))
            .sort((a, b) => a.at - b.at)
            .map(({ item }) => item);
        const other = unchanged(facts, {
          reports: shuffled(facts.reports),
          reveals: shuffled(facts.reveals),
          base: facts.base === undefined ? undefined : { ...facts.base, table: shuffled(facts.base.table) },
        });
        expect(toHex(credit(other).root)).toBe(toHex(credit(facts).root));
        expect(credit(other).blob).toEqual(credit(facts).blob);
        expect(credit(other).decisions).toEqual(credit(facts).decisions);
      }),
    );
  });

  it('never decides a report by another', () => {
    fc.assert(
      fc.property(arbitraryFacts, fc.nat(), (facts, pick) => {
        const at = pick % facts.reports.length;
        const before = credit(facts).decisions;
        const after = credit(
          unchanged(facts, {
            reports: facts.reports.map((report, i) => (i === at ? spoilt(report) : report)),
          }),
        ).decisions;
        expect(after[at]).toBe('rejected');
        expect(after.filter((_, i) => i !== at)).toEqual(before.filter((_, i) => i !== at));
      }),
    );
  });

  it('takes no vouched byte from an edge for what another reports, rejected or not', () => {
    fc.assert(
      fc.property(arbitraryFacts, (facts) => {
        // With an allowance of nothing, what is credited is vouched.
        const vouchedOnly = unchanged(plain(facts), {
          resourceOf: (resource) => {
            const terms = facts.resourceOf(resource);
            return terms === undefined ? undefined : { ...terms, allowance: 0n };
          },
        });
        const before = credit(vouchedOnly);
        const liar = reportOf(facts.reports.length, [
          { resource: A, slots: slotsOf(U64_MAX) },
          { resource: B, slots: slotsOf(U64_MAX), sessions: [session('own', U64_MAX, U64_MAX)] },
        ]);
        const after = credit(
          unchanged(vouchedOnly, {
            reports: [...facts.reports, liar],
            reveals: vouchedOnly.reveals.map((each) => ({
              ...each,
              levels: [...Array.from({ length: liar.index }, (_, i) => each.levels[i] ?? 0), 1 as const],
            })),
          }),
        );
        for (const { edge, rows } of before.edges)
          for (const row of rows) expect(creditedOf(after, edge, row.resource)).toBe(row.credited);
      }),
    );
  });

  it('bills no less, and credits nobody less, when a client signs for bytes that were open', () => {
    fc.assert(
      fc.property(arbitraryFacts, fc.nat(), fc.bigInt({ min: 1n, max: 1n << 50n }), (given, pick, bytes) => {
        const facts = plain(given);
        const at = pick % facts.reports.length;
        const signer = facts.reports[at];
        const resource = signer?.entries?.[0]?.resource ?? '';
        const signed = unchanged(facts, {
          reports: facts.reports.map((report) =>
            report !== signer
              ? report
              : {
                  ...report,
                  entries: report.entries?.map((entry) =>
                    entry.resource === resource ? { ...entry, sessions: entry.sessions + 1 } : entry,
                  ),
                  sessionsOf: (wanted) => [
                    ...(report.sessionsOf(wanted) ?? []),
                    ...(wanted === resource ? [session('new', bytes, bytes)] : []),
                  ],
                },
          ),
        });
        const [before, after] = [credit(facts), credit(signed)];
        for (const leaf of before.resources) {
          const now = after.resources.find((each) => each.resource === leaf.resource);
          expect(now?.billable ?? 0n).toBeGreaterThanOrEqual(leaf.billable);
        }
        for (const { edge, rows } of before.edges)
          for (const row of rows)
            expect(creditedOf(after, edge, row.resource)).toBeGreaterThanOrEqual(row.credited);
      }),
    );
  });

  it('credits an edge no less for reporting more, and no more by staking less', () => {
    fc.assert(
      fc.property(arbitraryFacts, fc.nat(), fc.bigInt({ min: 0n, max: 1n << 60n }), (given, pick, more) => {
        const facts = plain(given);
        const at = pick % facts.reports.length;
        const changed = (change: (report: HourReport) => HourReport): CreditedHour =>
          credit(
            unchanged(facts, { reports: facts.reports.map((each, i) => (i === at ? change(each) : each)) }),
          );
        const edge = edgeAt(at);
        const before = credit(facts);
        const served = changed((report) =>
          reportOf(
            at,
            (report.entries ?? []).map((entry) => ({
              resource: entry.resource,
              slots: entry.slots.with(5, sumSlots([entry.slots[5] ?? 0n, more])),
              sessions: report.sessionsOf(entry.resource) ?? [],
            })),
            { worth: report.worth },
          ),
        );
        const poorer = changed((report) => ({ ...report, worth: report.worth / 2n }));
        for (const resource of [A, B]) {
          const now = creditedOf(before, edge, resource);
          expect(creditedOf(served, edge, resource)).toBeGreaterThanOrEqual(now);
          expect(creditedOf(poorer, edge, resource)).toBeLessThanOrEqual(now);
        }
      }),
    );
  });

  it('comes back from its blob, and its leaves prove to its root', () => {
    fc.assert(
      fc.property(arbitraryFacts, (facts) => {
        const hour = credit(facts);
        const decoded = decodeHour(hour.blob, sha256);
        expect(toHex(decoded?.root ?? new Uint8Array())).toBe(toHex(hour.root));
        expect(decoded?.resources).toEqual(hour.resources);
        expect(decoded?.edges).toEqual(hour.edges);
        expect(decoded?.table).toEqual(hour.table);
        expect(decoded?.base).toBe(facts.base?.hour);
        expect(decoded?.right).toEqual(hour.right);
        expect(hour.leaves).toBe(hour.resources.length + hour.edges.length + 2);
        for (let cut = 1; cut < 50 && cut <= hour.blob.length; cut += 7)
          expect(decodeHour(hour.blob.subarray(0, hour.blob.length - cut), sha256)).toBeUndefined();
      }),
    );
  });
});

describe('vouched bytes', () => {
  it('are held to the ceiling over all edges together', () => {
    const reports = [0, 1].map((i) =>
      reportOf(i, [{ resource: A, slots: slotsOf(5_000n), sessions: [session('s', 3_000n, 4_000n)] }]),
    );
    const hour = credit(factsOf(reports, { resourceOf: () => ({ active: true, allowance: 0n }) }));
    expect(hour.edges.map(({ rows }) => rows[0]?.credited)).toEqual([2_000n, 2_000n]);
  });

  it('lose no more than an equal part to an edge for which the client signs absurd numbers', () => {
    const honest = reportOf(0, [
      { resource: A, slots: slotsOf(4_000n), sessions: [session('s', 4_000n, 4_000n)] },
    ]);
    const liar = reportOf(1, [
      { resource: A, slots: slotsOf(U64_MAX), sessions: [session('s', U64_MAX, 4_000n)] },
    ]);
    const hour = credit(factsOf([honest, liar], { resourceOf: () => ({ active: true, allowance: 0n }) }));
    expect(creditedOf(hour, honest.edge, A)).toBe(2_000n);
  });

  it('cannot be taken back by a second token of a lower ceiling: that is another session', () => {
    const reports = [
      reportOf(0, [{ resource: A, slots: slotsOf(4_000n), sessions: [session('s-4000', 4_000n, 4_000n)] }]),
      reportOf(1, [{ resource: A, slots: slotsOf(4_000n), sessions: [session('s-1', 1n, 1n)] }]),
    ];
    const hour = credit(factsOf(reports, { resourceOf: () => ({ active: true, allowance: 0n }) }));
    expect(creditedOf(hour, edgeAt(0), A)).toBe(4_000n);
  });

  it('are none where nobody has the list, which is named', () => {
    const report = reportOf(
      0,
      [{ resource: A, slots: slotsOf(4_000n), sessions: [session('s', 4_000n, 4_000n)] }],
      {
        sessionsOf: () => undefined,
      },
    );
    const hour = credit(factsOf([report], { resourceOf: () => ({ active: true, allowance: 0n }) }));
    expect(hour.missing).toEqual([{ kind: 'receipts', report: 0, resource: A }]);
    expect(hour.resources).toEqual([]);
  });
});

describe('open bytes', () => {
  it('share the allowance by stake where there is no history', () => {
    const reports = [
      reportOf(0, served(1n << 50n), { worth: 3_000n }),
      reportOf(1, served(1n << 50n), { worth: 1_000n }),
    ];
    const hour = credit(factsOf(reports));
    expect(hour.edges.map(({ rows }) => rows[0]?.credited)).toEqual([750_000n, 250_000n]);
  });

  it('go to whom viewers went, where there is much history; one byte of it moves nothing', () => {
    const reports = [reportOf(0, served(1n << 50n)), reportOf(1, served(1n << 50n))];
    const withHistory = (vouched: bigint): readonly (bigint | undefined)[] =>
      credit(
        factsOf(reports, {
          base: { hour: 1n, table: [{ resource: A, edge: edgeAt(0), vouched, credited: 0n }] },
        }),
      ).edges.map(({ rows }) => rows[0]?.credited);
    expect(withHistory(1n)).toEqual([500_000n, 499_999n]);
    expect(withHistory(1_000_000n)).toEqual([750_000n, 250_000n]);
    const [much = 0n, little = 0n] = withHistory(1n << 60n);
    expect(much + little).toBeLessThanOrEqual(1_000_000n);
    expect(little).toBeLessThan(2n);
  });

  it('do not count an edge that only got vouched bytes: its stake takes no part', () => {
    const reports = [reportOf(0, served(1n << 50n)), reportOf(1, served(1n << 50n), { worth: 1n << 40n })];
    const hour = credit(factsOf(reports, { reveals: [reveal(1, [1, 2])] }));
    expect(hour.decisions).toEqual(['full', 'vouched']);
    expect(creditedOf(hour, edgeAt(0), A)).toBe(1_000_000n);
    expect(creditedOf(hour, edgeAt(1), A)).toBe(0n);
  });

  it('earn no more than the yield on the stake, over all resources', () => {
    const terms = { feePerGb: 1_000_000_000n, dustBytes: 0n, openYieldBps: 900, guardShareBps: 2_000 };
    const worth = 1_000_000_000_000n;
    const cap = yieldCapBytes(terms, worth, 3_600n) ?? 0n;
    const asked = cap / 2n;
    const report = reportOf(
      0,
      [
        { resource: A, slots: slotsOf(1n << 50n), asked },
        { resource: B, slots: slotsOf(1n << 50n), asked },
      ],
      { worth },
    );
    // A year of it, at the edges' part of half the fee, is 9 % of the stake.
    expect((cap * 8_760n * terms.feePerGb * 8_000n) / (1_000_000_000n * 2n * 10_000n)).toBeLessThanOrEqual(
      (worth * 900n) / 10_000n,
    );
    const hour = credit(
      factsOf([report], { terms, resourceOf: () => ({ active: true, allowance: 1n << 50n }) }),
    );
    const sum = hour.edges[0]?.rows.reduce((total, row) => total + row.credited, 0n) ?? 0n;
    expect(sum).toBeLessThanOrEqual(cap);
    expect(cap - sum).toBeLessThan(3n);
    expect(hour.edges[0]?.rows[0]?.credited).toBe(hour.edges[0]?.rows[1]?.credited);
  });

  it('cost who asks for more than the stake may earn as much as it asks for', () => {
    const terms = { feePerGb: 1_000_000_000n, dustBytes: 0n, openYieldBps: 900, guardShareBps: 2_000 };
    const worth = 1_000_000_000_000n;
    const cap = yieldCapBytes(terms, worth, 3_600n) ?? 0n;
    const paid = (asked: bigint, others: readonly { resource: string; slots: readonly bigint[] }[] = []) => {
      const report = reportOf(0, [{ resource: A, slots: slotsOf(1n << 50n), asked }, ...others], { worth });
      const hour = credit(
        factsOf([report], { terms, resourceOf: () => ({ active: true, allowance: 1n << 50n }) }),
      );
      return hour.edges[0]?.rows.reduce((total, row) => total + row.credited, 0n) ?? 0n;
    };
    expect(paid(cap - 1n)).toBe(cap - 1n);
    expect(paid(cap)).toBe(cap);
    // A stake is worth a little less by the time that the report is there.
    expect(paid(cap + cap / 64n)).toBe(cap);
    expect(paid(cap + cap / 4n)).toBe(cap - cap / 4n);
    expect(paid(2n * cap)).toBe(0n);
    expect(paid(1n << 50n)).toBe(0n);
    // Of whatever resource it asks.
    const other = { resource: B, slots: slotsOf(1n << 50n), asked: cap / 2n };
    expect(paid(cap, [other])).toBeLessThanOrEqual(cap - cap / 2n);
  });

  it('are paid as far as they are asked for', () => {
    const asking = (asked: bigint): bigint =>
      creditedOf(
        credit(factsOf([reportOf(0, [{ resource: A, slots: slotsOf(900n), asked }])])),
        edgeAt(0),
        A,
      );
    expect([asking(0n), asking(400n), asking(900n)]).toEqual([0n, 400n, 900n]);
    // What clients signed for needs no asking.
    const signed = [session('s', 500n, 500n)];
    const report = reportOf(0, [{ resource: A, slots: slotsOf(900n), sessions: signed, asked: 100n }]);
    expect(creditedOf(credit(factsOf([report])), edgeAt(0), A)).toBe(600n);
  });

  it('are not capped where they cost nothing', () => {
    expect(yieldCapBytes({ feePerGb: 0n, openYieldBps: 1, guardShareBps: 0 }, 1n, 3_600n)).toBeUndefined();
    expect(
      yieldCapBytes({ feePerGb: 1n, openYieldBps: 1, guardShareBps: 10_000 }, 1n, 3_600n),
    ).toBeUndefined();
  });
});

describe('what is not billed', () => {
  const served = [{ resource: A, slots: slotsOf(2_000_000n) }];

  it('is what was not active, or is not known', () => {
    for (const known of [undefined, { active: false, allowance: U64_MAX }])
      expect(credit(factsOf([reportOf(0, served)], { resourceOf: () => known })).resources).toEqual([]);
  });

  it('is dust: it leaves no trace', () => {
    const terms = { feePerGb: 0n, dustBytes: 500_000n, openYieldBps: 0, guardShareBps: 0 };
    const at = (allowance: bigint): CreditedHour =>
      credit(factsOf([reportOf(0, served)], { terms, resourceOf: () => ({ active: true, allowance }) }));
    expect(at(499_999n)).toMatchObject({ resources: [], edges: [], table: [] });
    expect(at(500_000n).resources).toHaveLength(1);
  });

  it('is what a report has that nobody has the entries of, which is named', () => {
    const hour = credit(factsOf([reportOf(0, served, { entries: undefined })]));
    expect(hour.decisions).toEqual(['rejected']);
    expect(hour.missing).toEqual([{ kind: 'entries', report: 0 }]);
  });

  it('is a malformed report, whatever guards say', () => {
    expect(credit(factsOf([reportOf(0, served, { bytes: 1n })])).decisions).toEqual(['rejected']);
  });
});

describe('disputed bytes', () => {
  const history = { resource: A, edge: edgeAt(0), vouched: 0n, credited: 168n * 300_000n };
  const facts = (disputers: number, table = [history], levels: readonly (0 | 1)[] = [1, 1, 1]): HourFacts =>
    factsOf(
      [
        reportOf(0, [
          { resource: A, slots: slotsOf(900_000n) },
          { resource: B, slots: slotsOf(900_000n) },
        ]),
      ],
      {
        reveals: levels.map((level, i) =>
          reveal(i + 1, [level], { disputes: i < disputers ? [{ report: 0, entry: 0 }] : [] }),
        ),
        base: { hour: 1n, table },
      },
    );

  it('are charged as usual and earned by nobody', () => {
    const hour = credit(facts(2));
    expect(hour.resources.find((leaf) => leaf.resource === A)).toMatchObject({
      billable: 0n,
      disputed: 300_000n,
    });
    expect(creditedOf(hour, edgeAt(0), A)).toBe(0n);
    expect(creditedOf(hour, edgeAt(0), B)).toBe(900_000n);
    expect(hour.disputes).toEqual([{ edge: edgeAt(0), resource: A }]);
  });

  it('cost nothing where there is no history: who disputes itself wins nothing', () => {
    const hour = credit(facts(2, []));
    expect(hour.resources.map((leaf) => leaf.resource)).toEqual([B]);
  });

  it('need more than half of those who judged the report', () => {
    expect(credit(facts(1)).disputes).toEqual([]);
    expect(credit(facts(1, [history], [1, 0, 0])).disputes).toHaveLength(1);
    // Who did not judge the report has no say on its bytes.
    expect(credit(facts(2, [history], [0, 0, 1])).disputes).toEqual([]);
  });
});

describe('the table', () => {
  it('fades by 1/168 an hour and drops what is below 1 KiB in both', () => {
    const row = { resource: B, edge: edgeAt(3), vouched: 168_000n, credited: 0n };
    const small = { ...row, edge: edgeAt(4), vouched: 1_029n };
    const kept = { ...row, edge: edgeAt(5), vouched: 1_031n };
    const report = reportOf(0, [
      { resource: A, slots: slotsOf(9_000n), sessions: [session('s', 4_000n, 4_000n)] },
    ]);
    const hour = credit(factsOf([report], { base: { hour: 4n, table: [row, small, kept] } }));
    expect(hour.table).toEqual([
      { resource: A, edge: edgeAt(0), vouched: 4_000n, credited: 9_000n },
      { ...row, vouched: 167_000n },
      { ...kept, vouched: 1_024n },
    ]);
  });
});

it('packs the numbers of leaves for record', () => {
  const report = reportOf(0, [
    { resource: A, slots: slotsOf(9_000n, 2) },
    { resource: B, slots: slotsOf(300n, 11) },
  ]);
  const hour = credit(factsOf([report]));
  const numbers = unpackNumbers(packResourceHours(hour.resources), 28) ?? [];
  expect(numbers.slice(0, 14)).toEqual([0n, 0n, 9_000n, ...Array.from({ length: 9 }, () => 0n), 9_000n, 0n]);
  const tail = recordTail(hour, 1, 1);
  const packed = packResourceHours(hour.resources.slice(1));
  expect([...tail.subarray(0, 2)]).toEqual([packed.length, 0]);
  expect(tail.length).toBe(2 + packed.length + 32 * hour.resourceProof(1).length);
});
