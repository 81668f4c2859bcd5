import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { EMPTY_ROOT, U64_MAX, addressOf, saturatingAdd, sumSlots } from '../src/index.ts';
import type {
  Dispute,
  Entry,
  HourFacts,
  HourReport,
  Level,
  Reveal,
  Sha256,
  VouchedSession,
} from '../src/index.ts';

export const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
export const addressAt = (n: number): string =>
  addressOf(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? n : i * 7) & 255));
export const edgeAt = (n: number): string => addressAt(n);
export const resourceAt = (n: number): string => addressAt(100 + n);

/** What an edge served of a resource, before it becomes an entry. */
export interface Served {
  readonly resource: string;
  readonly slots: readonly bigint[];
  readonly sessions?: readonly VouchedSession[];
  /** All of it by default. */
  readonly asked?: bigint;
}

export const slotsOf = (bytes: bigint, slot = 3): readonly bigint[] =>
  Array.from({ length: 12 }, (_, i) => (i === slot ? bytes : 0n));

export function entryOf(served: Served): Entry {
  return {
    resource: served.resource,
    slots: served.slots,
    asked: served.asked ?? sumSlots(served.slots),
    receiptsRoot: EMPTY_ROOT,
    digestRoot: EMPTY_ROOT,
    sessions: served.sessions?.length ?? 0,
    digests: 0,
  };
}

/** A report that is well made over what was served; resources in rising order. */
export function reportOf(
  index: number,
  served: readonly Served[],
  change: Partial<HourReport> = {},
): HourReport {
  const sorted = served.toSorted((a, b) => (resourceOrder(a.resource) < resourceOrder(b.resource) ? -1 : 1));
  const entries = sorted.map(entryOf);
  return {
    index,
    edge: edgeAt(index),
    worth: 1_000n,
    bytes: entries.reduce((sum, entry) => saturatingAdd(sum, sumSlots(entry.slots)), 0n),
    entryCount: entries.length,
    entries,
    sessionsOf: (resource) => sorted.find((each) => each.resource === resource)?.sessions ?? [],
    ...change,
  };
}

/** `resourceAt` differ in their first byte only. */
const resourceOrder = (resource: string): number =>
  Array.from({ length: 156 }, (_, n) => n).find((n) => resourceAt(n) === resource) ?? -1;

export function reveal(no: number, levels: readonly Level[], change: Partial<Reveal> = {}): Reveal {
  return { no, levels, disputes: [], holdingRight: true, prevRight: true, ...change };
}

/** An hour without fee, so that no yield caps it; every report is full by the only guard unless `reveals` say otherwise. */
export function factsOf(reports: readonly HourReport[], change: Partial<HourFacts> = {}): HourFacts {
  const count = reports.reduce((most, { index }) => Math.max(most, index + 1), 0);
  const allFull = reveal(
    1,
    Array.from({ length: count }, () => 1 as const),
  );
  return {
    hourSecs: 3_600n,
    terms: { feePerGb: 0n, dustBytes: 0n, openYieldBps: 900, guardShareBps: 2_000 },
    reports,
    reveals: [allFull],
    setCount: change.reveals?.length ?? 1,
    resourceOf: () => ({ active: true, allowance: 1_000_000n }),
    base: undefined,
    ...change,
  };
}

/** Numbers that somebody may make up. */
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 1n << 40n }),
  fc.bigInt({ min: 0n, max: U64_MAX }),
  fc.constantFrom(0n, 1n, U64_MAX - 1n, U64_MAX),
);
const slots = fc
  .array(u64, { minLength: 12, maxLength: 12 })
  .map((list) => (list.every((bytes) => bytes === 0n) ? slotsOf(1n) : list));
const session = fc.record({ session: fc.constantFrom('a', 'b', 'c', 'd'), bytes: u64 });
/** One ceiling a session, as `sessionKey` has it. */
const CEILINGS: Readonly<Record<string, bigint>> = { a: 0n, b: 1n << 20n, c: 1n << 39n, d: U64_MAX };

const served = fc
  .record({
    resource: fc.nat(2),
    slots,
    sessions: fc.uniqueArray(session, { maxLength: 3, selector: (each) => each.session }),
  })
  .map(({ resource, slots: list, sessions }): Served => ({
    resource: resourceAt(resource),
    slots: list,
    sessions: sessions.map(({ session: name, bytes }) => ({
      // A session is of one resource.
      session: `${name}${resource}`,
      bytes,
      ceiling: CEILINGS[name] ?? 0n,
    })),
  }));
const servedList = fc.uniqueArray(served, { minLength: 1, maxLength: 3, selector: (each) => each.resource });

export const arbitraryReports: fc.Arbitrary<readonly HourReport[]> = fc
  .array(fc.record({ list: servedList, worth: u64 }), { minLength: 1, maxLength: 5 })
  .map((list) => list.map(({ list: each, worth }, index) => reportOf(index, each, { worth })));

const level = fc.constantFrom<Level[]>(0, 1, 1, 1, 2, 3);
const dispute: fc.Arbitrary<Dispute> = fc.record({ report: fc.nat(5), entry: fc.nat(2) });
export const arbitraryReveals: fc.Arbitrary<readonly Reveal[]> = fc
  .array(
    fc.record({
      levels: fc.array(level, { minLength: 3, maxLength: 6 }),
      disputes: fc.array(dispute, { maxLength: 3 }),
      holdingRight: fc.boolean(),
      prevRight: fc.boolean(),
    }),
    { maxLength: 5 },
  )
  .map((list) => list.map((each, no) => ({ no: no + 1, ...each })));

const terms = fc.record({
  feePerGb: fc.constantFrom(0n, 1n, 1_000_000n, U64_MAX),
  dustBytes: fc.constantFrom(0n, 1_048_576n),
  openYieldBps: fc.integer({ min: 0, max: 10_000 }),
  guardShareBps: fc.integer({ min: 0, max: 10_000 }),
});
const table = fc
  .uniqueArray(fc.record({ edge: fc.nat(6), resource: fc.nat(3), vouched: u64, credited: u64 }), {
    maxLength: 8,
    selector: ({ edge, resource }) => `${edge} ${resource}`,
  })
  .map((rows) => rows.map((row) => ({ ...row, edge: edgeAt(row.edge), resource: resourceAt(row.resource) })));

export const arbitraryFacts: fc.Arbitrary<HourFacts> = fc
  .record({
    reports: arbitraryReports,
    reveals: arbitraryReveals,
    setCount: fc.nat(5),
    terms,
    table,
    resources: fc.array(fc.record({ active: fc.boolean(), allowance: u64 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ reports, reveals, setCount, terms: of, table: rows, resources }) => ({
    hourSecs: 3_600n,
    terms: of,
    reports,
    reveals,
    setCount,
    resourceOf: (resource) => resources.find((_, n) => resourceAt(n) === resource),
    base: rows.length === 0 ? undefined : { hour: 6n, table: rows },
  }));
