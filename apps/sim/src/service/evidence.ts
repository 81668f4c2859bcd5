import { hash } from 'node:crypto';

import { judge } from '@media-network/guard/judge';
import { SLOTS, askOpen, buildReport, checkEntries, decodeEntries, sumSlots } from '@media-network/protocol';
import type {
  CollectedCommit,
  Commit,
  Entry,
  Level,
  ReportBody,
  VouchedSession,
} from '@media-network/protocol';
import type { Address } from '@solana/kit';

import { randomOf } from '../random.ts';
import type { Served } from './traffic.ts';

export const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

/** What an edge does in an hour, and what it says of it. They are the same where it is honest. */
export interface EdgeHour {
  /** What its report says. */
  readonly reported: readonly Served[];
  /** By what the counters that it commits to rise. */
  readonly counted: readonly Served[];
  /** Whether its data plane answers the guards' probes. */
  readonly answers: boolean;
  /** Open bytes that it asks to be paid for beyond what its stake may earn. */
  readonly overAsked?: bigint;
}

/** What an edge's open bytes of an hour are paid for, as it knows it. */
export interface OpenTerms {
  readonly cap: bigint | undefined;
  /** By place of the publisher. */
  likelyOf(of: number): bigint;
}

/** An hour's report with all that guards have of it. */
export interface Evidence {
  readonly account: Address;
  readonly report: ReportBody;
  readonly entries: readonly Entry[];
  readonly blob: Uint8Array;
  readonly sessions: ReadonlyMap<string, readonly VouchedSession[]>;
  /** What every honest guard says of it. */
  readonly level: Level;
}

/** Slots of an hour in which guards ask this edge for its counters. */
const ASKED_A_HOUR = 3;
/** A token's ceiling is this many times what its session needs. */
const CEILING = 2n;
const NO_ROOT = new Uint8Array(32);

/** Counters and evidence of one edge, hour by hour. */
export interface EdgeBook {
  /** Undefined where nothing was reported. */
  hour(hour: bigint, story: EdgeHour, open: OpenTerms): Evidence | undefined;
}

export function createEdgeBook(seed: number, edge: Address, resources: readonly Address[]): EdgeBook {
  const totals = new Map<string, bigint>();
  let before: CollectedCommit | undefined;

  /** As of the beginning of a slot; of the one after the last, the end of the hour. */
  function commitAt(hour: bigint, slot: number, counted: readonly Served[]): CollectedCommit {
    const counters = new Map(totals);
    for (const { of, slots } of counted) {
      const resource = resources[of] ?? '';
      const until = sumSlots(slots.slice(0, slot));
      counters.set(resource, (counters.get(resource) ?? 0n) + until);
    }
    const commit: Commit = {
      edge,
      boot: 1,
      hour: hour + BigInt(Math.floor(slot / SLOTS)),
      slot: slot % SLOTS,
      total: [...counters.values()].reduce((sum, bytes) => sum + bytes, 0n),
      count: counters.size,
      unixMs: (hour * BigInt(SLOTS) + BigInt(slot)) * 300_000n,
      // Signatures and the root were checked when guards collected it.
      root: NO_ROOT,
      signature: NO_ROOT,
    };
    return { commit, counters };
  }

  function commitsOf(hour: bigint, counted: readonly Served[]): readonly CollectedCommit[] {
    const random = randomOf(seed, 'asked', edge, hour);
    const slots = new Set<number>();
    while (slots.size < ASKED_A_HOUR) slots.add(random.int(SLOTS));
    // The last comes with the report.
    const within = [...[...slots].toSorted((a, b) => a - b), SLOTS].map((slot) =>
      commitAt(hour, slot, counted),
    );
    for (const { of, slots: bytes } of counted) {
      const resource = resources[of] ?? '';
      totals.set(resource, (totals.get(resource) ?? 0n) + sumSlots(bytes));
    }
    const all = before === undefined ? within : [before, ...within];
    before = within.at(-1);
    return all;
  }

  return {
    hour(hour, { reported, counted, answers, overAsked = 0n }, open) {
      const commits = commitsOf(hour, counted);
      const told = reported.filter(({ slots }) => sumSlots(slots) > 0n);
      if (told.length === 0) return undefined;
      const asks = askOpen(
        told.map(({ of, slots, vouched }) => ({
          bytes: sumSlots(slots),
          signed: vouched,
          likely: open.likelyOf(of),
        })),
        open.cap === undefined ? undefined : open.cap + overAsked,
      );
      const entries = told.map(({ of, slots, vouched }, index): Entry => {
        return {
          resource: resources[of] ?? '',
          slots,
          asked: asks[index] ?? 0n,
          receiptsRoot: NO_ROOT,
          digestRoot: NO_ROOT,
          sessions: vouched > 0n ? 1 : 0,
          digests: 0,
        };
      });
      const { report, blob } = buildReport(hour, entries, sha256);
      const decoded = decodeEntries(blob) ?? [];
      const sessions = new Map(
        told.map(({ of, vouched }) => {
          const resource = resources[of] ?? '';
          // Whoever watches this hour at this edge, as one session.
          const session = {
            session: `${edge} ${resource} ${hour}`,
            bytes: vouched,
            ceiling: vouched * CEILING,
          };
          return [resource, vouched > 0n ? [session] : []] as const;
        }),
      );
      const fault = checkEntries(report, decoded);
      const { level } = judge({
        hour,
        evidence: fault === undefined ? { kind: 'whole', entries: decoded } : { kind: 'faulty', ...fault },
        seen: {
          asks: { answered: ASKED_A_HOUR, refused: 0 },
          contacts: { answered: answers ? 6 : 0, silent: answers ? 0 : 6 },
          probed: new Map(),
          looks: [],
          commits: commits.map(({ commit }) => commit),
        },
        joinedBefore: true,
        online: true,
        commits,
      });
      return { account: edge, report, entries: decoded, blob, sessions, level };
    },
  };
}
