import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addressBytes, addressOf } from './address.ts';
import type { Sha256 } from './bytes.ts';
import { checkReport } from './check-report.ts';
import { buildReport, encodeEntries, entriesRoot, sumSlots } from './entry.ts';
import type { Entry, ReportBody } from './entry.ts';
import { MAX_DIGESTS, MAX_SESSIONS } from './evidence-lists.ts';
import { U64_MAX, saturatingAdd } from './integer.ts';
import { EMPTY_ROOT } from './merkle.ts';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const [FIRST = '', SECOND = ''] = [1, 2]
  .map((n) => addressOf(new Uint8Array(32).fill(n)))
  .toSorted((a, b) => Buffer.compare(addressBytes(a), addressBytes(b)));
const entry = (resource: string, bytes: bigint, change: Partial<Entry> = {}): Entry => ({
  resource,
  slots: Array.from({ length: 12 }, (_, i) => (i === 4 ? bytes : 0n)),
  asked: 0n,
  receiptsRoot: EMPTY_ROOT,
  digestRoot: EMPTY_ROOT,
  sessions: 0,
  digests: 0,
  ...change,
});

/** A report over entries in the order given, and what is found. */
function judge(entries: readonly Entry[], change: Partial<ReportBody> = {}): string {
  const blob = encodeEntries(entries);
  const report = {
    bytes: entries.reduce((sum, each) => saturatingAdd(sum, sumSlots(each.slots)), 0n),
    root: entriesRoot(blob, sha256) ?? EMPTY_ROOT,
    entryCount: entries.length,
    ...change,
  };
  const finding = checkReport(report, blob, sha256);
  return finding.kind === 'ok' ? 'ok' : finding.reason;
}

const never: Sha256 = () => {
  throw new Error('hashed');
};

describe('check of a report', () => {
  const good = [
    entry(FIRST, 1_000n, { asked: 1_000n, sessions: MAX_SESSIONS, digests: MAX_DIGESTS }),
    entry(SECOND, 5n),
  ];

  it('passes what is right', () => {
    expect(judge(good)).toBe('ok');
    const { report, blob } = buildReport(3n, good.toReversed(), sha256);
    expect(checkReport(report, blob, sha256)).toEqual({ kind: 'ok', entries: good });
  });

  it('adds as the program does', () => {
    const absurd = [entry(FIRST, U64_MAX), entry(SECOND, U64_MAX, { asked: U64_MAX })];
    expect(judge(absurd)).toBe('ok');
    expect(judge([{ ...entry(FIRST, 1n), slots: Array.from({ length: 12 }, () => U64_MAX) }])).toBe('ok');
    expect(judge(absurd, { bytes: U64_MAX - 1n })).toBe('wrongTotal');
  });

  it('rejects entries of another root, count or length', () => {
    expect(judge(good, { root: EMPTY_ROOT })).toBe('wrongRoot');
    expect(judge(good, { entryCount: 3 })).toBe('wrongRoot');
    const { report, blob } = buildReport(3n, good, sha256);
    expect(checkReport(report, blob.subarray(1), sha256).kind).toBe('rejected');
    expect(checkReport({ ...report, entryCount: 1 }, blob, sha256).kind).toBe('rejected');
  });

  it('hashes nothing of a wrong length', () => {
    const { report } = buildReport(3n, good, sha256);
    expect(checkReport(report, new Uint8Array(1_000_000), never).kind).toBe('rejected');
  });

  it('rejects another total', () => {
    expect(judge(good, { bytes: 1_004n })).toBe('wrongTotal');
  });

  it('rejects what is unsorted, double, empty, or more vouched than served', () => {
    expect(judge(good.toReversed())).toBe('malformed');
    expect(judge([entry(FIRST, 1n), entry(FIRST, 1n)])).toBe('malformed');
    expect(judge([entry(FIRST, 0n), entry(SECOND, 1n)])).toBe('malformed');
    expect(judge([entry(FIRST, 5n, { asked: 6n })])).toBe('malformed');
  });

  it('rejects lists that are longer than allowed, before anybody fetches them', () => {
    expect(judge([entry(FIRST, 5n, { sessions: MAX_SESSIONS + 1 })])).toBe('malformed');
    expect(judge([entry(FIRST, 5n, { digests: MAX_DIGESTS + 1 })])).toBe('malformed');
  });
});
