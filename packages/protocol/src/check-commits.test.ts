import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { checkCommits } from './check-commits.ts';
import type { CollectedCommit, CommitFacts } from './check-commits.ts';
import type { Commit } from './counters.ts';
import { U64_MAX } from './integer.ts';
import { EMPTY_ROOT } from './merkle.ts';
import type { Entry } from './entry.ts';

const EDGE = addressOf(new Uint8Array(32).fill(8));
const A = addressOf(new Uint8Array(32).fill(1));
const B = addressOf(new Uint8Array(32).fill(2));
const HOUR = 7n;
const MB = 1_000_000n;

const entry = (resource: string, slots: readonly bigint[]): Entry => ({
  resource,
  slots,
  asked: 0n,
  receiptsRoot: EMPTY_ROOT,
  digestRoot: EMPTY_ROOT,
  sessions: 0,
  digests: 0,
});
/** 10 MB in each slot; a commit of a slot is as of its beginning. */
const STEADY = Array.from({ length: 12 }, () => 10n * MB);

function commit(slot: number, bytes: bigint | undefined, change: Partial<Commit> = {}): CollectedCommit {
  return {
    commit: {
      edge: EDGE,
      boot: 1,
      hour: HOUR,
      slot,
      total: bytes ?? 0n,
      count: 1,
      unixMs: BigInt(slot),
      root: EMPTY_ROOT,
      signature: new Uint8Array(64),
      ...change,
    },
    counters: bytes === undefined ? undefined : new Map([[A, bytes]]),
  };
}

function judge(commits: readonly CollectedCommit[], change: Partial<CommitFacts> = {}): string {
  const finding = checkCommits({
    hour: HOUR,
    entries: [entry(A, STEADY)],
    commits,
    asked: 2,
    received: new Map(),
    ...change,
  });
  return finding.kind === 'ok' ? 'ok' : finding.reason;
}

const received = (bytes: bigint): Partial<CommitFacts> => ({ received: new Map([[B, bytes]]) });

const sumOf = (list: readonly bigint[]): bigint => list.reduce((sum, each) => sum + each, 0n);

describe('commits of an edge', () => {
  it('bear out an honest meter in whichever slots they were made', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 1n << 50n }), { minLength: 12, maxLength: 12 }),
        fc.uniqueArray(fc.nat(11), { minLength: 1 }),
        fc.bigInt({ min: 0n, max: 1n << 50n }),
        (slots, moments, before) => {
          const until = (slot: number): bigint =>
            slots.slice(0, slot).reduce((sum, bytes) => sum + bytes, before);
          const commits = moments.map((slot) => commit(slot, until(slot)));
          const around = [
            commit(11, before / 2n, { hour: HOUR - 1n }),
            commit(3, until(12) + 5n, { hour: HOUR + 1n }),
          ];
          const entries = [entry(A, slots)];
          expect(judge(commits, { entries })).toBe('ok');
          expect(judge([...commits, ...around], { entries })).toBe('ok');
          expect(judge([...commits, commit(0, until(12), { hour: HOUR + 1n })], { entries })).toBe('ok');
        },
      ),
    );
  });

  const SERVED_BEFORE = 7_000n * MB;
  it('show a report that is 5 % above them, in whichever slots they were made, and wherever in the hour it is more', () => {
    const part = fc.bigInt({ min: 1n, max: 100n });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 12, maxLength: 12 }),
        fc.array(part, { minLength: 12, maxLength: 12 }),
        fc.uniqueArray(fc.nat({ max: 10 }).map((slot) => slot + 1)),
        (parts, where, moments) => {
          const slots = parts.map((each) => each * MB);
          const until = (slot: number): bigint =>
            slots.slice(0, slot).reduce((sum, bytes) => sum + bytes, SERVED_BEFORE);
          const more = (until(12) - SERVED_BEFORE) / 20n;
          const above = slots.map((bytes, i) => bytes + (more * (where[i] ?? 0n)) / sumOf(where));
          const commits = moments.map((slot) => commit(slot, until(slot)));
          // As of the hour's beginning, and as of its end.
          const ends = [commit(0, SERVED_BEFORE), commit(0, until(12), { hour: HOUR + 1n })];
          expect(judge([...ends, ...commits], { entries: [entry(A, above)] })).toBe('mismatch');
          expect(judge([...ends, ...commits], { entries: [entry(A, slots)] })).toBe('ok');
        },
      ),
    );
  });

  it('show a report above what the counters rose by, or below it', () => {
    const first = commit(2, 20n * MB);
    // Seven slots from the one to the other: 70 MB.
    expect(judge([first, commit(9, 90n * MB)])).toBe('ok');
    expect(judge([first, commit(9, 88n * MB)])).toBe('mismatch');
    expect(judge([first, commit(9, 92n * MB)])).toBe('mismatch');
    expect(judge([first, commit(9, 91n * MB)])).toBe('ok');
  });

  it('bind what came before the first of all, when counters stood at nothing', () => {
    // Six slots before it: 60 MB.
    expect(judge([commit(6, 60n * MB)])).toBe('ok');
    expect(judge([commit(6, 58n * MB)])).toBe('mismatch');
    // An edge that has served for long is bound no closer by one commit alone.
    expect(judge([commit(6, 5_000n * MB)])).toBe('ok');
    expect(judge([commit(0, 119n * MB, { hour: HOUR + 1n })], { asked: 1 })).toBe('ok');
    expect(judge([commit(0, 60n * MB, { hour: HOUR + 1n })], { asked: 1 })).toBe('mismatch');
  });

  it('bind the parts of the hour before the first and after the last, by those of other hours', () => {
    const [before, after] = [commit(11, 0n, { hour: HOUR - 1n }), commit(0, 130n * MB, { hour: HOUR + 1n })];
    expect(judge([before, commit(6, 65n * MB), commit(9, 95n * MB)])).toBe('ok');
    expect(judge([before, commit(6, 40n * MB)])).toBe('mismatch');
    // As of the end of the hour, both ways.
    expect(judge([commit(6, 70n * MB), after])).toBe('ok');
    expect(judge([commit(6, 80n * MB), after])).toBe('mismatch');
    expect(judge([commit(6, 65n * MB), after])).toBe('mismatch');
    expect(judge([commit(6, 60n * MB), commit(2, 70n * MB, { hour: HOUR + 1n })])).toBe('mismatch');
    // Counters that go on rising in other hours are no fault of this report.
    expect(judge([before, commit(6, 65n * MB), commit(0, 900n * MB, { hour: HOUR + 5n })])).toBe('ok');
  });

  it('show bytes of a resource that the report leaves out', () => {
    const leftOut = { entries: [entry(B, STEADY)] };
    expect(judge([commit(2, 0n), commit(9, 70n * MB)], leftOut)).toBe('mismatch');
    expect(judge([commit(2, 0n), commit(9, 70n * MB)], { entries: [] })).toBe('mismatch');
  });

  it('contradict each other where one moment has two', () => {
    expect(judge([commit(2, 5n), commit(2, 6n)])).toBe('contradicting');
    expect(judge([commit(2, 5n, { root: new Uint8Array(32).fill(1) }), commit(2, 5n)])).toBe('contradicting');
    expect(judge([commit(2, 20n * MB), commit(2, 20n * MB)])).toBe('ok');
    expect(judge([commit(2, 20n * MB), commit(2, 20n * MB, { boot: 2 })])).toBe('ok');
    const finding = checkCommits({
      hour: HOUR,
      entries: [],
      commits: [commit(2, 5n), commit(2, 6n)],
      asked: 0,
      received: new Map(),
    });
    expect(finding).toMatchObject({ pair: [{ total: 5n }, { total: 6n }] });
  });

  it('are missed where the edge was asked twice, not where it was asked once', () => {
    expect(judge([])).toBe('noCommit');
    expect(judge([], { asked: 1 })).toBe('ok');
    expect(judge([], { asked: 0 })).toBe('ok');
    expect(judge([commit(2, 5n, { hour: HOUR - 1n })])).toBe('noCommit');
    // A root whose counters are not shown is none.
    expect(judge([commit(2, undefined)])).toBe('noCommit');
  });

  it('do not excuse a report below what the guard itself received', () => {
    expect(judge([commit(2, 20n * MB)], received(16_384n))).toBe('ok');
    expect(judge([commit(2, 20n * MB)], received(16_385n))).toBe('underReported');
  });

  it('may say anything without a throw', () => {
    expect(judge([commit(2, U64_MAX), commit(9, 0n)])).toBe('mismatch');
    expect(
      judge([commit(2, 0n), commit(9, U64_MAX)], {
        entries: [
          entry(
            A,
            Array.from({ length: 12 }, () => U64_MAX),
          ),
        ],
        received: new Map([[A, U64_MAX]]),
      }),
    ).toBe('mismatch');
  });
});
