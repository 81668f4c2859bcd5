import { addressOf, buildReport } from '@media-network/protocol';
import type { ReportFacts } from '@media-network/protocol';
import { VERDICT_REASON } from '@media-network/chain/schema';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../evidence-store.ts';
import { createProbeBook } from '../probe/probe-book.ts';
import type { EdgeHourProbes, WrongBody } from '../probe/probe-book.ts';
import { previousHour } from './compute.ts';
import { judgeReport, reasonName, reasonNumber } from './verdict.ts';

const { report, blob } = buildReport(
  3n,
  [
    {
      resource: addressOf(new Uint8Array(32).fill(7)),
      slots: Array.from({ length: 12 }, () => 10n),
      attested: 0n,
      receiptsRoot: new Uint8Array(32),
      digestRoot: new Uint8Array(32),
    },
  ],
  sha256,
);
const facts: ReportFacts = {
  report: { ...report, edge: addressOf(new Uint8Array(32).fill(9)) },
  entries: blob,
  receiptsOf: () => undefined,
  resourceOf: () => ({ draft: false, removedHour: undefined }),
  operatorsOf: () => undefined,
  counters: [],
  sha256,
};
const probes = (change: Partial<EdgeHourProbes> = {}): EdgeHourProbes => ({
  ...createProbeBook().of('e', 0n),
  ...change,
});
const wrong = (target: string): WrongBody => ({
  target,
  range: [0, 1],
  edgeHash: 'a',
  originHash: 'b',
  atMs: 0,
  attest: undefined,
});
const round = (received: bigint): EdgeHourProbes['rounds'][number] => ({
  c0: 0n,
  c1: 0n,
  received,
  c2: 2n * received,
});

describe('verdict', () => {
  it('confirms what nothing speaks against, probes or none', async () => {
    expect(await judgeReport(facts, probes())).toMatchObject({ kind: 'decided', reason: 'confirmed' });
    expect(await judgeReport(facts, probes({ silent: 12 }))).toMatchObject({ reason: 'confirmed' });
  });

  it('waits for entries that nobody has', async () => {
    expect(await judgeReport({ ...facts, entries: undefined }, probes())).toMatchObject({ kind: 'waiting' });
  });

  it('rejects an inflated meter', async () => {
    const rounds = [100n, 200n, 300n].map(round);
    expect(await judgeReport(facts, probes({ rounds }))).toMatchObject({ reason: 'inflatedMeter' });
    expect(await judgeReport(facts, probes({ rounds: rounds.slice(1) }))).toMatchObject({
      reason: 'confirmed',
    });
  });

  it('rejects wrong bytes seen twice, and doubts itself when another answer was right', async () => {
    expect(await judgeReport(facts, probes({ wrongBodies: [wrong('/')] }))).toMatchObject({
      reason: 'confirmed',
    });
    expect(await judgeReport(facts, probes({ wrongBodies: [wrong('/'), wrong('/x')] }))).toMatchObject({
      reason: 'wrongBytes',
    });
    expect(
      await judgeReport(facts, probes({ wrongBodies: [wrong('/'), wrong('/x')], sameBodies: 1 })),
    ).toMatchObject({ reason: 'confirmed' });
  });

  it('puts the checks on the report first', async () => {
    const rounds = [100n, 200n, 300n].map(round);
    const lie = { ...facts, report: { ...facts.report, bytes: 1n } };
    expect(await judgeReport(lie, probes({ rounds }))).toMatchObject({ reason: 'wrongTotal' });
  });

  it('has a number for each reason', () => {
    for (const [name, number] of Object.entries(VERDICT_REASON)) expect(reasonName(number)).toBe(name);
    expect(reasonNumber('unavailable')).toBe(1);
    expect(reasonName(99)).toBe('99');
  });
});

const hourWith = (...resources: string[]) => ({
  resources: resources.map((resource) => ({ resource, previous: 0n, slots: [], billable: 0n })),
  edges: [],
  root: new Uint8Array(32),
  blob: new Uint8Array(),
  resourceProof: () => [],
  edgeProof: () => [],
});

describe('previous hour of a resource', () => {
  it('is the last one recorded, or the last final one before it', () => {
    const state = {
      final: new Map([
        [4n, hourWith('a')],
        [6n, hourWith('a', 'b')],
        [9n, hourWith('a')],
      ]),
    };
    expect(previousHour(state, 8n, 'a', 0n)).toBe(7n);
    expect(previousHour(state, 5n, 'a', 0n)).toBe(5n);
    expect(previousHour(state, 8n, 'c', 3n)).toBe(3n);
    expect(previousHour(state, 8n, 'a', 8n)).toBe(8n);
    expect(previousHour(state, 6n, 'b', 0n)).toBe(0n);
  });
});

describe('probe book', () => {
  it('keeps hours apart and forgets old ones', () => {
    const book = createProbeBook();
    book.addRound('e', 1n, round(1n));
    book.addRound('e', 2n, round(2n));
    book.addBody('e', 2n, 'same');
    book.addBody('e', 2n, wrong('/'));
    book.addContact('e', 2n, false);
    book.addBytes('e', 'r', 1n, 5n);
    book.addBytes('e', 'r', 1n, 6n);
    expect(book.of('e', 1n).rounds).toHaveLength(1);
    expect(book.of('e', 2n)).toMatchObject({ sameBodies: 1, silent: 1, alive: 0 });
    expect(book.probedBytes).toEqual([{ edge: 'e', resource: 'r', hour: 1n, bytes: 11n }]);
    book.forgetBefore(2n);
    expect(book.of('e', 1n).rounds).toHaveLength(0);
    expect(book.probedBytes).toEqual([]);
    expect(book.of('e', 2n).wrongBodies).toHaveLength(1);
  });
});
