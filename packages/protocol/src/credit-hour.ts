import type { Sha256 } from './bytes.ts';
import { checkEntries } from './check-report.ts';
import { decideReports, disputeTest, rightGuards } from './decide-reports.ts';
import type { Decision, Reveal } from './decide-reports.ts';
import { SLOTS, sortByAddress, sumSlots } from './entry.ts';
import type { Entry } from './entry.ts';
import { buildHour, sortWeights } from './hour.ts';
import type { EdgeCredits, Hour, ResourceHour, WeightRow } from './hour.ts';
import { minOf, mulDiv, saturate, saturatingAdd } from './integer.ts';
import { openAllowance, yieldCapBytes } from './open-allowance.ts';
import { openCredit } from './open-ask.ts';
import type { HourTerms } from './open-allowance.ts';
import type { VouchedSession } from './verify-sessions.ts';

/** A report of the hour as the chain has it, with what was fetched for it. */
export interface HourReport {
  /** `report.index`: reports of the hour before it. */
  readonly index: number;
  /** Account of the edge. */
  readonly edge: string;
  /** `report.worth`. */
  readonly worth: bigint;
  readonly bytes: bigint;
  readonly entryCount: number;
  /** Of a blob that has the report's root; undefined where nobody has it. */
  readonly entries: readonly Entry[] | undefined;
  /** `verifySessions` of an entry, by resource; undefined where nobody has a list that is not empty. */
  readonly sessionsOf: (resource: string) => readonly VouchedSession[] | undefined;
}

export interface HourFacts {
  readonly hourSecs: bigint;
  readonly terms: HourTerms;
  readonly reports: readonly HourReport[];
  readonly reveals: readonly Reveal[];
  /** `hour.setCount`. */
  readonly setCount: number;
  /** `activeIn` and `termsOf` of that hour; undefined for a resource that the chain does not know. */
  readonly resourceOf: (
    resource: string,
  ) => { readonly active: boolean; readonly allowance: bigint } | undefined;
  /** The hour this one builds on (`baseHour`) with its table; undefined for none. */
  readonly base: { readonly hour: bigint; readonly table: readonly WeightRow[] } | undefined;
}

/** Evidence that decides something and was not there: who proposes waits for it as long as it can. */
export type Missing =
  | { readonly kind: 'entries'; readonly report: number }
  | { readonly kind: 'receipts'; readonly report: number; readonly resource: string };

export interface CreditedHour extends Hour {
  /** By report index. */
  readonly decisions: readonly Decision[];
  /** Edge and resource of what is disputed. */
  readonly disputes: readonly { readonly edge: string; readonly resource: string }[];
  readonly missing: readonly Missing[];
}

/** Fading of the table: what is left after an hour. */
const FADE = { of: 167n, in: 168n };
/** Rows of the table with less than this in both columns fall out. */
const LEAST_ROW_BYTES = 1_024n;

/** What an edge served of a resource, on its way to a credit. */
interface Part {
  readonly report: HourReport;
  readonly full: boolean;
  readonly entry: Entry;
  readonly entryIndex: number;
  readonly sessions: readonly VouchedSession[];
  vouched: bigint;
  open: bigint;
  credited: bigint;
  disputed: bigint;
}

/**
 * The hour that follows from its reports and reveals (docs/evidence.md, The hour): leaves, root, blob. The order in
 * which reports, reveals and rows are given does not matter, no number is too large, nothing throws.
 */
export function creditHour(facts: HourFacts, sha256: Sha256): CreditedHour {
  const missing: Missing[] = [];
  const decisions = settleDecisions(facts, missing);
  const parts = partsOf(facts, decisions, missing);
  const byResource = groupBy(parts, (part) => part.entry.resource);
  const table = indexTable(facts.base?.table ?? []);

  for (const [resource, list] of byResource) {
    creditVouched(list);
    creditOpen(list, facts.resourceOf(resource)?.allowance ?? 0n, table, resource);
  }
  for (const list of groupBy(parts, (part) => part.report.edge).values()) capOpen(facts, list);
  const isDisputed = disputeTest(facts.reveals, facts.setCount);
  for (const part of parts)
    settleCredit(part, isDisputed({ report: part.report.index, entry: part.entryIndex }), table);

  const kept: Part[] = [];
  const resources: ResourceHour[] = [];
  for (const [resource, list] of byResource) {
    const leaf = resourceHour(resource, list);
    if (leaf.billable === 0n && leaf.disputed === 0n) continue;
    if (leaf.billable + leaf.disputed < facts.terms.dustBytes) continue;
    resources.push(leaf);
    kept.push(...list);
  }
  const content = {
    resources: sortByAddress(resources, (leaf) => leaf.resource),
    edges: edgeCredits(kept),
    base: facts.base?.hour,
    table: nextTable(facts.base?.table ?? [], kept),
    right: rightGuards(decisions, facts.reveals, facts.setCount),
  };
  return {
    ...buildHour(content, sha256),
    decisions,
    disputes: kept
      .filter((part) => part.disputed > 0n)
      .map((part) => ({ edge: part.report.edge, resource: part.entry.resource })),
    missing,
  };
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** The reveals' decisions; what is malformed is rejected whatever was said, and so is what nobody has. */
function settleDecisions(facts: HourFacts, missing: Missing[]): readonly Decision[] {
  const count = facts.reports.reduce((most, { index }) => Math.max(most, index + 1), 0);
  const decisions = [...decideReports(count, facts.reveals, facts.setCount)];
  for (const report of facts.reports) {
    if (report.entries === undefined) {
      if (decisions[report.index] !== 'rejected') missing.push({ kind: 'entries', report: report.index });
      decisions[report.index] = 'rejected';
    } else if (checkEntries(report, report.entries) !== undefined) decisions[report.index] = 'rejected';
  }
  return decisions;
}

function partsOf(facts: HourFacts, decisions: readonly Decision[], missing: Missing[]): readonly Part[] {
  return facts.reports.flatMap((report) => {
    const decision = decisions[report.index];
    if (decision === undefined || decision === 'rejected') return [];
    return (report.entries ?? []).flatMap((entry, entryIndex): Part[] => {
      if (facts.resourceOf(entry.resource)?.active !== true) return [];
      const sessions = entry.sessions === 0 ? [] : report.sessionsOf(entry.resource);
      if (sessions === undefined)
        missing.push({ kind: 'receipts', report: report.index, resource: entry.resource });
      const none = { vouched: 0n, open: 0n, credited: 0n, disputed: 0n };
      const full = decision === 'full';
      return [{ report, full, entry, entryIndex, sessions: sessions ?? [], ...none }];
    });
  });
}

/**
 * A session is worth its ceiling at most, over all edges together. Each edge's part is first cut to the ceiling and to
 * what it served, so that signing absurd numbers to one edge takes little from the others.
 */
function creditVouched(parts: readonly Part[]): void {
  const signed = parts.map((part) => {
    const served = sumSlots(part.entry.slots);
    return part.sessions.map(({ session, bytes, ceiling }) => ({
      session,
      ceiling,
      bytes: minOf(minOf(bytes, ceiling), served),
    }));
  });
  const sums = new Map<string, bigint>();
  for (const { session, bytes } of signed.flat()) sums.set(session, (sums.get(session) ?? 0n) + bytes);
  parts.forEach((part, i) => {
    let total = 0n;
    for (const { session, bytes, ceiling } of signed[i] ?? []) {
      const sum = sums.get(session) ?? 0n;
      total += sum > ceiling ? mulDiv(bytes, ceiling, sum) : bytes;
    }
    part.vouched = minOf(total, sumSlots(part.entry.slots));
  });
}

/** Open bytes that are asked for share the publisher's allowance by history and stake. */
function creditOpen(parts: readonly Part[], allowance: bigint, table: Table, resource: string): void {
  const full = parts.filter((part) => part.full);
  const worthAll = full.reduce((sum, part) => sum + part.report.worth, 0n);
  for (const part of full) {
    const allowed = openAllowance({
      allowance,
      vouchedHere: table.row(resource, part.report.edge)?.vouched ?? 0n,
      vouchedAll: table.vouched(resource),
      worthHere: part.report.worth,
      worthAll,
    });
    const served = sumSlots(part.entry.slots) - part.vouched;
    part.open = minOf(minOf(served, part.entry.asked), allowed);
  }
}

/**
 * An edge's open bytes of all resources together stay under what its stake may earn by them, and as much below as it
 * asks for more: it knows its stake.
 */
function capOpen(facts: HourFacts, parts: readonly Part[]): void {
  const worth = parts[0]?.report.worth ?? 0n;
  const cap = yieldCapBytes(facts.terms, worth, facts.hourSecs);
  if (cap === undefined) return;
  const asked = parts.reduce((total, part) => total + (part.full ? part.entry.asked : 0n), 0n);
  const most = openCredit(asked, cap);
  const sum = parts.reduce((total, part) => total + part.open, 0n);
  if (sum <= most) return;
  for (const part of parts) part.open = mulDiv(part.open, most, sum);
}

/** Wrong bytes earn nothing and cost the publisher no more than what is usual: an hour's part of the table. */
function settleCredit(part: Part, isDisputed: boolean, table: Table): void {
  const credit = part.vouched + part.open;
  if (!isDisputed) {
    part.credited = credit;
    return;
  }
  const usual = (table.row(part.entry.resource, part.report.edge)?.credited ?? 0n) / FADE.in;
  part.disputed = minOf(credit, usual);
  part.vouched = 0n;
}

function resourceHour(resource: string, parts: readonly Part[]): ResourceHour {
  const slots = Array.from({ length: SLOTS }, () => 0n);
  let [billable, disputed] = [0n, 0n];
  for (const part of parts) {
    billable = saturatingAdd(billable, part.credited);
    disputed = saturatingAdd(disputed, part.disputed);
    spread(part.entry.slots, part.credited + part.disputed).forEach((bytes, i) => {
      slots[i] = saturatingAdd(slots[i] ?? 0n, bytes);
    });
  }
  return { resource, slots, billable, disputed };
}

/** `bytes` over the slots as they were served, without losing one: what is floored off a slot falls to a later one. */
function spread(slots: readonly bigint[], bytes: bigint): readonly bigint[] {
  const total = slots.reduce((sum, slot) => sum + slot, 0n);
  let [served, given] = [0n, 0n];
  return slots.map((slot) => {
    served += slot;
    const until = total === 0n ? 0n : mulDiv(bytes, served, total);
    const part = until - given;
    given = until;
    return part;
  });
}

function edgeCredits(parts: readonly Part[]): readonly EdgeCredits[] {
  const credited = parts.filter((part) => part.credited > 0n);
  const edges = [...groupBy(credited, (part) => part.report.edge)].map(([edge, list]) => ({
    edge,
    rows: sortByAddress(
      list.map((part) => ({ resource: part.entry.resource, credited: part.credited })),
      (row) => row.resource,
    ),
  }));
  return sortByAddress(edges, (each) => each.edge);
}

interface Table {
  row(resource: string, edge: string): WeightRow | undefined;
  /** Σ vouched of a resource. */
  vouched(resource: string): bigint;
}

function indexTable(rows: readonly WeightRow[]): Table {
  const byKey = new Map(rows.map((row) => [`${row.resource} ${row.edge}`, row]));
  const sums = new Map<string, bigint>();
  for (const row of byKey.values()) sums.set(row.resource, (sums.get(row.resource) ?? 0n) + row.vouched);
  return {
    row: (resource, edge) => byKey.get(`${resource} ${edge}`),
    vouched: (resource) => sums.get(resource) ?? 0n,
  };
}

const fade = (value: bigint): bigint => mulDiv(value, FADE.of, FADE.in);

function nextTable(before: readonly WeightRow[], parts: readonly Part[]): readonly WeightRow[] {
  const rows = new Map<string, WeightRow>();
  const add = (row: WeightRow): void => {
    const key = `${row.resource} ${row.edge}`;
    const old = rows.get(key);
    rows.set(key, {
      ...row,
      vouched: saturate((old?.vouched ?? 0n) + row.vouched),
      credited: saturate((old?.credited ?? 0n) + row.credited),
    });
  };
  for (const row of before) add({ ...row, vouched: fade(row.vouched), credited: fade(row.credited) });
  for (const { entry, report, vouched, credited } of parts)
    add({ resource: entry.resource, edge: report.edge, vouched, credited });
  return sortWeights(
    [...rows.values()].filter((row) => row.vouched >= LEAST_ROW_BYTES || row.credited >= LEAST_ROW_BYTES),
  );
}
