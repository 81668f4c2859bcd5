import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addressBytes, addressOf } from './address.ts';
import { toHex } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { checkReport } from './check-report.ts';
import type { ReportFacts, ReportFinding } from './check-report.ts';
import { buildReport, encodeEntries, entriesRoot } from './entry.ts';
import type { Entry } from './entry.ts';
import { encodeReceiptList, receiptListRoot } from './evidence-lists.ts';
import type { SessionProof } from './evidence-lists.ts';
import { signReceipt } from './receipt.ts';
import { createSessionKey } from './signing.ts';
import type { Counter } from './statements.ts';
import { signTicket } from './ticket.ts';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const named = (name: string): string => addressOf(sha256(Buffer.from(name)));
const EDGE = named('edge');
const [FIRST, SECOND] = [named('r1'), named('r2')].toSorted((a, b) =>
  Buffer.compare(addressBytes(a), addressBytes(b)),
);
if (FIRST === undefined || SECOND === undefined) throw new Error('two resources');
const HOUR = 12n;
const guard = await createSessionKey();
const OPERATOR = addressOf(guard.publicKey);

async function proof(
  bytes: bigint,
  change: { ticket?: object; receipt?: object } = {},
): Promise<SessionProof> {
  const client = await createSessionKey();
  const session = sha256(client.publicKey).subarray(0, 16);
  const ticket = await signTicket(
    {
      guardNo: 2,
      session,
      resource: FIRST ?? '',
      clientKey: client.publicKey,
      hour: HOUR,
      creditWindow: 100,
      expires: 9,
      ...change.ticket,
    },
    guard.sign,
  );
  const receipt = await signReceipt(
    { session, edge: EDGE, resource: FIRST ?? '', bytes, sequence: 1n, ...change.receipt },
    client.sign,
  );
  return { ticket, receipt };
}

const slots = (bytes: bigint): bigint[] => Array.from({ length: 12 }, (_, i) => (i === 4 ? bytes : 0n));
const NOTHING = new Uint8Array(32);
const plain = (resource: string, bytes: bigint): Entry => ({
  resource,
  slots: slots(bytes),
  attested: 0n,
  receiptsRoot: NOTHING,
  digestRoot: NOTHING,
});

/** A report that is right, with receipts for FIRST; `change` replaces facts. */
async function honest(
  proofs: readonly SessionProof[],
  change: Partial<ReportFacts> = {},
): Promise<ReportFacts> {
  const list = encodeReceiptList(proofs);
  const root = receiptListRoot(list, sha256) ?? NOTHING;
  const attested = proofs.reduce((sum, { receipt }) => sum + receipt.bytes, 0n);
  const { report, blob } = buildReport(
    HOUR,
    [{ ...plain(FIRST ?? '', 1_000n), attested, receiptsRoot: root }, plain(SECOND ?? '', 50n)],
    sha256,
  );
  return {
    report: { ...report, edge: EDGE },
    entries: blob,
    receiptsOf: (hex) => (hex === toHex(root) ? list : undefined),
    resourceOf: () => ({ draft: false, removedHour: undefined }),
    operatorsOf: (no) => (no === 2 ? [named('before'), OPERATOR] : undefined),
    counters: [],
    sha256,
    ...change,
  };
}

/** Facts of a report over other entries, not put in order. */
async function over(
  entries: readonly Entry[],
  change: Partial<ReportFacts['report']> = {},
): Promise<ReportFacts> {
  const blob = encodeEntries(entries);
  const bytes = entries.reduce((sum, entry) => sum + entry.slots.reduce((a, b) => a + b, 0n), 0n);
  const facts = await honest([]);
  return {
    ...facts,
    entries: blob,
    report: {
      ...facts.report,
      bytes,
      root: entriesRoot(blob, sha256) ?? NOTHING,
      entryCount: entries.length,
      ...change,
    },
  };
}

const reasonOf = (finding: ReportFinding): string =>
  finding.kind === 'rejected' ? finding.reason : finding.kind;
const judge = async (facts: ReportFacts | Promise<ReportFacts>): Promise<string> =>
  reasonOf(await checkReport(await facts));

describe('check of a report', () => {
  it('passes what is right, with tickets under an operator that a guard had before', async () => {
    expect(await judge(honest([await proof(300n), await proof(700n)]))).toBe('ok');
    expect(await judge(honest([]))).toBe('ok');
  });

  it('waits for evidence that nobody has', async () => {
    expect(await judge(honest([], { entries: undefined }))).toBe('missing');
    expect(await judge(honest([await proof(1n)], { receiptsOf: () => undefined }))).toBe('missing');
  });

  it('rejects entries of another root or count', async () => {
    const facts = await honest([]);
    expect(await judge({ ...facts, report: { ...facts.report, root: NOTHING } })).toBe('wrongRoot');
    expect(await judge({ ...facts, report: { ...facts.report, entryCount: 3 } })).toBe('wrongRoot');
    expect(await judge({ ...facts, entries: facts.entries?.subarray(0, 399) })).toBe('wrongRoot');
  });

  it('rejects another total', async () => {
    const facts = await honest([]);
    expect(await judge({ ...facts, report: { ...facts.report, bytes: 1_051n } })).toBe('wrongTotal');
  });

  it('rejects what is unsorted, double, zero, or more attested than served', async () => {
    expect(await judge(over([plain(SECOND, 1n), plain(FIRST, 1n)]))).toBe('malformed');
    expect(await judge(over([plain(FIRST, 1n), plain(FIRST, 1n)]))).toBe('malformed');
    expect(await judge(over([plain(FIRST, 0n), plain(SECOND, 1n)]))).toBe('malformed');
    expect(await judge(over([{ ...plain(FIRST, 1n), attested: 2n }]))).toBe('malformed');
  });

  it('rejects resources that did not exist in this hour', async () => {
    expect(await judge(honest([], { resourceOf: () => undefined }))).toBe('unknownResource');
    expect(await judge(honest([], { resourceOf: () => ({ draft: true, removedHour: undefined }) }))).toBe(
      'unknownResource',
    );
    expect(await judge(honest([], { resourceOf: () => ({ draft: false, removedHour: HOUR - 2n }) }))).toBe(
      'unknownResource',
    );
    // An edge hears of it late, and what is under way goes on.
    expect(await judge(honest([], { resourceOf: () => ({ draft: false, removedHour: HOUR - 1n }) }))).toBe(
      'ok',
    );
    expect(await judge(honest([], { resourceOf: () => ({ draft: false, removedHour: HOUR }) }))).toBe('ok');
  });

  it('rejects tickets and receipts that are not of this guard set, resource, hour, edge or client', async () => {
    const other = await createSessionKey();
    const good = await proof(5n);
    const cases: SessionProof[] = [
      await proof(5n, { ticket: { guardNo: 3 } }),
      await proof(5n, { ticket: { resource: SECOND } }),
      await proof(5n, { ticket: { hour: HOUR + 1n } }),
      await proof(5n, { receipt: { edge: named('other') } }),
      await proof(5n, { receipt: { resource: SECOND } }),
      await proof(5n, { receipt: { session: new Uint8Array(16) } }),
      { ...good, ticket: { ...good.ticket, creditWindow: 101 } },
      { ...good, receipt: { ...good.receipt, bytes: 6n } },
      { ticket: good.ticket, receipt: await signReceipt(good.receipt, other.sign) },
    ];
    for (const each of cases) expect(await judge(honest([each]))).toBe('badReceipt');
  });

  it('rejects a session that is counted twice, and a list of another root', async () => {
    const good = await proof(5n);
    expect(await judge(honest([good, good]))).toBe('badReceipt');
    expect(await judge(honest([good], { receiptsOf: () => new Uint8Array(349) }))).toBe('badReceipt');
  });

  it('rejects an attested sum that the receipts do not have', async () => {
    const list = encodeReceiptList([await proof(5n)]);
    const root = receiptListRoot(list, sha256) ?? NOTHING;
    const facts = await over([{ ...plain(FIRST, 100n), attested: 6n, receiptsRoot: root }]);
    expect(await judge({ ...facts, receiptsOf: () => list })).toBe('attestedMismatch');
  });
});

const counter = (hour: bigint, bytes: bigint, hourBytes: bigint, change: Partial<Counter> = {}): Counter => ({
  edge: EDGE,
  resource: FIRST,
  hour,
  bytes,
  hourBytes,
  unixMs: 0n,
  signature: new Uint8Array(64),
  ...change,
});

describe('check of counters', () => {
  it('rejects a report below what the edge signed within the hour', async () => {
    expect(await judge(honest([], { counters: [counter(HOUR, 5_000n, 1_000n)] }))).toBe('ok');
    expect(await judge(honest([], { counters: [counter(HOUR, 5_000n, 1_001n)] }))).toBe('counterMismatch');
    expect(await judge(honest([], { counters: [counter(HOUR, 1n, 1n, { resource: named('r3') })] }))).toBe(
      'counterMismatch',
    );
    expect(
      await judge(honest([], { counters: [counter(HOUR, 5_000n, 9_999n, { edge: named('other') })] })),
    ).toBe('ok');
    expect(await judge(honest([], { counters: [counter(HOUR - 1n, 5_000n, 9_999n)] }))).toBe('ok');
  });

  it('rejects a report above what lies between two counters, beyond what was on its way', async () => {
    const served = 10_000_000n;
    const facts = async (reported: bigint): Promise<ReportFacts> => ({
      ...(await over([plain(FIRST, reported)])),
      // 77 before the hour; the next hour began at 77 + served.
      counters: [counter(HOUR, 77n + 40n, 40n), counter(HOUR + 1n, 77n + served + 8n, 8n)],
    });
    expect(await judge(facts(served))).toBe('ok');
    expect(await judge(facts(served + 100_000n))).toBe('ok');
    expect(await judge(facts(served + 200_000n))).toBe('counterMismatch');
    expect(await judge(facts(2n * served))).toBe('counterMismatch');
  });

  it('says nothing without a counter of the hour itself', async () => {
    const facts = await over([plain(FIRST, 1n << 40n)]);
    expect(await judge({ ...facts, counters: [counter(HOUR + 1n, 100n, 0n)] })).toBe('ok');
  });
});
