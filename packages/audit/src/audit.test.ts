import { REPORT_STATUS, RESOURCE_STATUS, VERDICT_REASON } from '@media-network/chain/schema';
import { toHex } from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';
import { createNoopSigner } from '@solana/kit';
import { describe, expect, it } from 'vitest';
import { auditHour } from './audit-hour.ts';
import { auditReport } from './audit-report.ts';
import { auditWeek } from './audit-week.ts';
import {
  EDGE,
  EDGE_OWNER,
  GUARD_OWNER,
  OTHER_EDGE,
  OTHER_OWNER,
  RESOURCE,
  at,
  entriesOf,
  honestWorld,
} from './testing-world.ts';
import type { World } from './testing-world.ts';

const WRONG_ROOT = new Uint8Array(32).fill(5);
const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'none',
    (error: unknown) => errorCode(error),
  );

describe('a report', () => {
  it('agrees with its evidence', async () => {
    const { agrees, differences, unknown, figures } = await auditReport(honestWorld().deps, EDGE, 0n);
    expect([agrees, differences, unknown]).toEqual([true, [], []]);
    expect(figures).toMatchObject({ status: 'confirmed', bytes: 3_000_000_000n, attested: 0n });
  });

  it('was confirmed against its evidence: sums, signatures, resources', async () => {
    const world = honestWorld();
    const forged = world.reportOf(EDGE, entriesOf(3n));
    world.reports.set(EDGE, { ...forged, bytes: 6n });
    const audit = await auditReport(world.deps, EDGE, 0n);
    expect(audit.agrees).toBe(false);
    expect(audit.differences[0]).toMatchObject({ what: 'verdict', onChain: 'confirmed' });
    expect(audit.differences[0]?.recomputed).toContain('wrongTotal');
    world.reportOf(EDGE, entriesOf(3n, { attested: 2n }));
    expect((await auditReport(world.deps, EDGE, 0n)).differences[0]?.recomputed).toContain(
      'attestedMismatch',
    );
    world.reportOf(EDGE, entriesOf(3n));
    world.set({ resource: { status: RESOURCE_STATUS.draft } });
    expect((await auditReport(world.deps, EDGE, 0n)).differences[0]?.recomputed).toContain('unknownResource');
  });

  it('is unknown, not wrong, when nobody has its evidence or somebody shows other', async () => {
    const world = honestWorld();
    const { root } = world.reportOf(EDGE, entriesOf(3n));
    world.publish(
      'entries',
      root,
      world.blobs.get(`entries/${toHex(world.reports.get(OTHER_EDGE)?.root ?? root)}`) ?? root,
    );
    const audit = await auditReport(world.deps, EDGE, 0n);
    expect([audit.agrees, audit.unknown.length, audit.figures.entries]).toEqual([true, 1, []]);
    world.reportOf(EDGE, entriesOf(3n, { attested: 1n, receiptsRoot: WRONG_ROOT }));
    expect((await auditReport(world.deps, EDGE, 0n)).unknown[0]).toContain('receipts');
  });

  it('that guards rejected for what only they saw is unknown', async () => {
    const world = honestWorld();
    const report = world.reportOf(EDGE, entriesOf(3n));
    world.reports.set(EDGE, { ...report, status: REPORT_STATUS.rejected });
    expect(await auditReport(world.deps, EDGE, 0n)).toMatchObject({
      agrees: true,
      unknown: [expect.any(String)],
    });
  });

  it('that was closed is read from the transactions that made it', async () => {
    const world = honestWorld();
    const report = world.reportOf(EDGE, entriesOf(3n));
    await closedWith(world, [VERDICT_REASON.confirmed]);
    expect(await auditReport(world.deps, EDGE, 0n)).toMatchObject({
      agrees: true,
      unknown: [],
      figures: { status: 'confirmed', bytes: 3n },
    });
    await closedWith(world, [VERDICT_REASON.counterMismatch]);
    expect((await auditReport(world.deps, EDGE, 0n)).figures).toMatchObject({
      status: 'rejected',
      reasons: ['counterMismatch'],
    });
    await closedWith(world, []);
    expect((await auditReport(world.deps, EDGE, 0n)).figures.status).toBe('pending');
    world.history.length = 0;
    expect(await codeOf(auditReport(world.deps, EDGE, 0n))).toBe('audit/no-report');

    /** Submitted, voted on beside another report, and gone; what failed changes nothing. */
    async function closedWith(
      { history, instructions, reports, deps }: World,
      verdicts: number[],
    ): Promise<void> {
      reports.delete(EDGE);
      history.length = 0;
      const where = await deps.client.addresses.report(EDGE, 0n);
      const operator = createNoopSigner(at(62));
      const { bytes, root, entryCount } = report;
      const submit = await instructions.submitReport({
        operator,
        edge: EDGE,
        pool: at(71),
        stake: at(72),
        hour: 0n,
        bytes,
        root,
        entryCount,
      });
      const vote = (tail: Uint8Array) =>
        instructions.vote({ operator, guard: at(61), reports: [at(73), where], week: 0n, hour: 0n, tail });
      history.push({ instructions: [submit], failed: false });
      history.push({ instructions: [await vote(Uint8Array.of(0, VERDICT_REASON.malformed))], failed: true });
      for (const verdict of verdicts) {
        history.push({ instructions: [await vote(Uint8Array.of(1, verdict))], failed: false });
      }
    }
  });
});

describe('an hour', () => {
  it('agrees with the reports behind it', async () => {
    const audit = await auditHour(honestWorld().deps, 0n);
    expect([audit.differences, audit.unknown]).toEqual([[], []]);
    expect(audit.figures).toMatchObject({ billable: 4_000_000_000n, fee: 800n, confirmed: 2 });
  });

  it('with another root, or another sample, does not', async () => {
    const world = honestWorld();
    world.ring.tail[0] = 5;
    expect((await auditHour(world.deps, 0n)).differences).toEqual([
      { what: expect.stringContaining('sample 0'), onChain: '5', recomputed: '106666' },
    ]);
    const forged = honestWorld();
    const original = forged.hour.root;
    forged.set({ hour: { root: WRONG_ROOT } });
    const audit = await auditHour(forged.deps, 0n);
    expect(audit.differences).toEqual([
      { what: 'root of the hour', onChain: toHex(WRONG_ROOT), recomputed: toHex(original) },
    ]);
    expect(audit.unknown[0]).toContain('leaves');
  });

  it('shows a bound that was not applied', async () => {
    const world = honestWorld();
    world.set({ resource: { unattestedBound: 1_000_000_000n } });
    const audit = await auditHour(world.deps, 0n);
    expect(audit.differences.map(({ what }) => what)).toEqual(['root of the hour']);
    expect(audit.figures.billable).toBe(1_000_000_000n);
  });

  it('counts what nobody serves as unknown, and never compares a root with it', async () => {
    const world = honestWorld();
    const { root } = world.reports.get(EDGE) ?? { root: WRONG_ROOT };
    world.blobs.delete(`entries/${toHex(root)}`);
    const audit = await auditHour(world.deps, 0n);
    expect([audit.agrees, audit.differences]).toEqual([true, []]);
    expect(audit.unknown[0]).toContain(EDGE);
    expect(await codeOf(auditHour(world.deps, 1n))).toBe('audit/no-hour');
  });

  it('is unknown when a confirmed report was closed and has no history', async () => {
    const world = honestWorld();
    world.reports.delete(EDGE);
    const audit = await auditHour(world.deps, 0n);
    expect([audit.agrees, audit.unknown.length]).toEqual([true, 1]);
  });
});

describe('a week', () => {
  it('agrees with its hours, and says who earned what', async () => {
    const audit = await auditWeek(honestWorld().deps, 0n);
    expect([audit.differences, audit.unknown]).toEqual([[], []]);
    expect(audit.figures).toMatchObject({ hours: 1, feesExpected: 800n, rewards: 800n });
    expect(Object.fromEntries(audit.figures.shares)).toEqual({
      [EDGE_OWNER]: 450n,
      [OTHER_OWNER]: 150n,
      [GUARD_OWNER]: 200n,
    });
  });

  it('does not agree with another root, other rewards, or more than was kept', async () => {
    const world = honestWorld();
    world.set({ epoch: { root: WRONG_ROOT, rewards: 801n } });
    expect((await auditWeek(world.deps, 0n)).differences.map(({ what }) => what)).toEqual([
      'rewards',
      'root of claims',
      'rewards above what was kept',
    ]);
  });

  it('is unknown where leaves or the table before are not served', async () => {
    const world = honestWorld();
    world.blobs.delete(`hours/${toHex(world.hour.root)}`);
    world.set({ epoch: { prevEpoch: 1n } });
    world.blobs.delete(`epochs/${toHex(world.epoch.root)}`);
    const audit = await auditWeek(world.deps, 0n);
    expect([audit.agrees, audit.unknown.length]).toEqual([true, 2]);
    expect(await codeOf(auditWeek(world.deps, 1n))).toBe('audit/no-week');
  });
});

it('keeps resources by the address in the entries', async () => {
  const { figures } = await auditHour(honestWorld().deps, 0n);
  expect(figures.resources.map((leaf) => leaf.resource)).toEqual([RESOURCE]);
});
