import { EPOCH_STATUS } from '@media-network/chain/schema';
import {
  EMPTY_ROOT,
  addressOf,
  buildCommit,
  createSessionKey,
  signCommit,
  toHex,
} from '@media-network/protocol';
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
  HOUR,
  OTHER_EDGE,
  OTHER_OWNER,
  RESOURCE,
  account,
  at,
  entriesOf,
  honestWorld,
  sha256,
} from './testing-world.ts';

const WRONG_ROOT = new Uint8Array(32).fill(5);
const GIGA = 1_000_000_000n;
const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'none',
    (error: unknown) => errorCode(error),
  );

describe('a report', () => {
  it('agrees with its evidence, and shows what counts of it', async () => {
    const { deps } = await honestWorld();
    const { agrees, differences, unknown, figures } = await auditReport(deps, EDGE, HOUR);
    expect([agrees, differences, unknown]).toEqual([true, [], []]);
    expect(figures).toMatchObject({
      decision: 'full',
      levels: [{ no: 7, level: 1 }],
      bytes: 3n * GIGA,
      vouched: 2n * GIGA,
      sessions: 1,
      dropped: [],
      commits: { count: 0, finding: { kind: 'ok' } },
    });
  });

  it('was taken against its evidence', async () => {
    const world = await honestWorld();
    world.reports.set(EDGE, { ...world.reportOf(EDGE, entriesOf(3n)), bytes: 6n });
    const audit = await auditReport(world.deps, EDGE, HOUR);
    expect(audit.differences[0]).toMatchObject({ what: 'decision', onChain: 'full' });
    expect(audit.differences[0]?.recomputed).toContain('wrongTotal');
    world.reportOf(EDGE, entriesOf(3n, { asked: 4n }));
    expect((await auditReport(world.deps, EDGE, HOUR)).differences[0]?.recomputed).toContain('malformed');
    // Rejected is what it should have been.
    world.reveal([3, 1]);
    expect((await auditReport(world.deps, EDGE, HOUR)).agrees).toBe(true);
  });

  it('is unknown, not wrong, when nobody has its evidence or somebody shows other', async () => {
    const world = await honestWorld();
    const { root } = world.reportOf(EDGE, entriesOf(3n));
    world.publish(
      'entries',
      root,
      world.blobs.get(`entries/${toHex(world.reports.get(OTHER_EDGE)?.root ?? root)}`) ?? root,
    );
    const audit = await auditReport(world.deps, EDGE, HOUR);
    expect([audit.agrees, audit.unknown.length, audit.figures.entries]).toEqual([true, 1, []]);
    world.reportOf(EDGE, entriesOf(3n, { receiptsRoot: WRONG_ROOT, sessions: 1 }));
    expect((await auditReport(world.deps, EDGE, HOUR)).unknown[0]).toContain('receipts');
  });

  it('counts no session under another key, nor of a resource that was not active', async () => {
    const world = await honestWorld();
    const [row] = world.resource.terms;
    if (row === undefined) throw new Error('no terms');
    world.set({ resource: { terms: [{ ...row, vouchKey: WRONG_ROOT }] } });
    const other = await auditReport(world.deps, EDGE, HOUR);
    expect(other.figures).toMatchObject({ vouched: 0n, sessions: 0 });
    expect(other.figures.dropped[0]).toContain('vouching key');
    world.set({ resource: { spans: [{ from: HOUR + 1n, until: 99n }] } });
    expect((await auditReport(world.deps, EDGE, HOUR)).figures.dropped[0]).toContain('not active');
  });

  it('shows commits that contradict each other, by the operator of that hour only', async () => {
    const world = await honestWorld();
    const [operator, stranger] = [await createSessionKey(), await createSessionKey()];
    const edge = (await world.deps.client.edges())[0];
    if (edge === undefined) throw new Error('no edge');
    Object.assign(edge, {
      operator: at(1),
      previousOperator: addressOf(operator.publicKey),
      operatorFrom: HOUR + 1n,
    });
    const commit = async (bytes: bigint, by = operator) => {
      const { body, blob } = buildCommit(
        { edge: EDGE, boot: 1, hour: HOUR, slot: 3, unixMs: 1n },
        [{ resource: RESOURCE, bytes }],
        sha256,
      );
      world.publish('counters', body.root, blob);
      return signCommit(body, by.sign);
    };
    // As much as the report has before this slot.
    world.commits.push(await commit(3n * GIGA), await commit(3n * GIGA + 1n, stranger));
    const honest = await auditReport(world.deps, EDGE, HOUR);
    expect(honest.figures.commits).toEqual({ count: 1, finding: { kind: 'ok' } });
    world.commits.push(await commit(3n * GIGA + 2n));
    const lying = await auditReport(world.deps, EDGE, HOUR);
    expect(lying.figures.commits).toMatchObject({ count: 2, finding: { reason: 'contradicting' } });
  });

  it('that was closed is read from the transaction that made it', async () => {
    const world = await honestWorld();
    const { deps, reports, history, instructions } = world;
    const { bytes, root, entryCount } = world.reportOf(EDGE, entriesOf(3n));
    reports.delete(EDGE);
    expect(await codeOf(auditReport(deps, EDGE, HOUR))).toBe('audit/no-report');
    const submit = (change: object) =>
      instructions.submitReport({
        operator: createNoopSigner(at(62)),
        edge: EDGE,
        pool: at(71),
        stake: at(72),
        week: 0n,
        hour: HOUR,
        bytes,
        root,
        entryCount,
        ...change,
      });
    history.push({ instructions: [await submit({})], failed: false });
    history.push({ instructions: [await submit({ bytes: 9n })], failed: true });
    const audit = await auditReport(deps, EDGE, HOUR);
    expect(audit).toMatchObject({ agrees: true, figures: { decision: undefined, bytes: 3n } });
    expect(audit.unknown[0]).toContain('closed');
  });
});

describe('an hour', () => {
  it('agrees with the reports and reveals behind it', async () => {
    const { deps } = await honestWorld();
    const audit = await auditHour(deps, HOUR);
    expect([audit.differences, audit.unknown]).toEqual([[], []]);
    expect(audit.figures).toMatchObject({
      billable: 4n * GIGA,
      disputed: 0n,
      fee: 800n,
      right: [7],
      late: false,
      base: undefined,
      reports: [
        { edge: EDGE, decision: 'full' },
        { edge: OTHER_EDGE, decision: 'full' },
      ],
    });
    expect(audit.figures.resources.map((leaf) => leaf.resource)).toEqual([RESOURCE]);
  });

  it('with another root, count of leaves or sample, does not', async () => {
    const world = await honestWorld();
    world.ring.tail[12] = 5;
    expect((await auditHour(world.deps, HOUR)).differences).toEqual([
      { what: expect.stringContaining('sample 12'), onChain: '5', recomputed: '106666' },
    ]);
    const forged = await honestWorld();
    const original = forged.hour.root;
    forged.set({ hour: { root: WRONG_ROOT, leaves: 9 } });
    const audit = await auditHour(forged.deps, HOUR);
    expect(audit.differences).toEqual([
      { what: 'leaves of the hour', onChain: '9', recomputed: '5' },
      { what: 'root of the hour', onChain: toHex(WRONG_ROOT), recomputed: toHex(original) },
    ]);
    expect(audit.unknown[0]).toContain('leaves');
  });

  it('that was decided otherwise shows where: credits, guards', async () => {
    const world = await honestWorld();
    // The hour on chain is that of honest reveals; these are not those.
    world.reveal([1, 3]);
    const rejected = await auditHour(world.deps, HOUR);
    expect(rejected.differences.map(({ what }) => what)).toEqual([
      'leaves of the hour',
      'root of the hour',
      `resource ${RESOURCE}`,
      `credit of ${OTHER_EDGE} for ${RESOURCE}`,
      expect.stringContaining('sample 12'),
    ]);
    // A guard that did not hold the entries is not paid.
    world.reveal([1, 1], [], { holding: WRONG_ROOT });
    expect((await auditHour(world.deps, HOUR)).differences.map(({ what }) => what)).toEqual([
      'root of the hour',
      'right guards',
    ]);
  });

  it('follows terms, spans and keys as they were in that hour', async () => {
    const world = await honestWorld();
    const [row] = world.resource.terms;
    if (row === undefined) throw new Error('no terms');
    const figures = async () => (await auditHour(world.deps, HOUR)).figures;
    // What changes from the next hour on changes nothing.
    world.set({ resource: { terms: [row, { ...row, from: HOUR + 1n, allowance: 0n }], termsCount: 2 } });
    expect((await auditHour(world.deps, HOUR)).agrees).toBe(true);
    world.set({ resource: { terms: [row, { ...row, from: HOUR, allowance: 0n }] } });
    expect((await figures()).billable).toBe(2n * GIGA);
    world.set({ resource: { terms: [{ ...row, vouchKey: WRONG_ROOT, allowance: 0n }], termsCount: 1 } });
    expect((await figures()).billable).toBe(0n);
    world.set({ resource: { terms: [row], spans: [{ from: 0n, until: HOUR }] } });
    expect((await figures()).resources).toEqual([]);
  });

  it('has the terms of its week', async () => {
    const world = await honestWorld();
    world.set({ guardSet: { feePerGb: 1n } });
    expect((await auditHour(world.deps, HOUR)).differences).toEqual([
      { what: 'feePerGb of the hour', onChain: '200', recomputed: '1' },
    ]);
  });

  it('builds on the newest hour that was final in time, whose root a right guard knew', async () => {
    const world = await honestWorld();
    const inTime = account('hour', at(53), { hour: 0n, status: 1, root: world.hour.root, finalAt: 8_999n });
    world.before.set(0n, inTime);
    const audit = await auditHour(world.deps, HOUR);
    expect(audit.figures).toMatchObject({ base: 0n, right: [] });
    expect(audit.differences.map(({ what }) => what)).toContain('hour it builds on');
    world.reveal([1, 1], [], { prevRoot: world.hour.root });
    expect((await auditHour(world.deps, HOUR)).figures.right).toEqual([7]);
    // Its report window ends 9,000 s after hour 0 began.
    world.before.set(0n, { ...inTime, finalAt: 9_000n });
    expect((await auditHour(world.deps, HOUR)).figures.base).toBeUndefined();
    world.before.set(0n, { ...inTime, root: WRONG_ROOT });
    const lost = await auditHour(world.deps, HOUR);
    expect([lost.differences, lost.unknown[0]]).toEqual([[], expect.stringContaining('builds on')]);
  });

  it('counts what nobody serves as unknown, and never compares a root with it', async () => {
    for (const kind of ['entries', 'receipts']) {
      const world = await honestWorld();
      for (const key of world.blobs.keys()) if (key.startsWith(kind)) world.blobs.delete(key);
      const audit = await auditHour(world.deps, HOUR);
      expect([kind, audit.agrees, audit.differences]).toEqual([kind, true, []]);
      expect(audit.unknown[0]).toContain(kind);
    }
    const world = await honestWorld();
    expect(await codeOf(auditHour(world.deps, 5n))).toBe('audit/no-hour');
    world.reports.delete(EDGE);
    expect((await auditHour(world.deps, HOUR)).unknown[0]).toContain('closed');
  });
});

describe('a week', () => {
  it('agrees with its hours and payments, and says who earned what', async () => {
    const { deps } = await honestWorld();
    const audit = await auditWeek(deps, 0n);
    expect([audit.differences, audit.unknown]).toEqual([[], []]);
    expect(audit.figures).toMatchObject({ status: 'decided', hours: 1, feesExpected: 800n, rewards: 800n });
    expect(Object.fromEntries(audit.figures.shares)).toEqual({
      [EDGE_OWNER]: 450n,
      [OTHER_OWNER]: 150n,
      [GUARD_OWNER]: 200n,
    });
  });

  it('does not agree with another root, other rewards, or more than was kept or rewarded', async () => {
    const world = await honestWorld();
    world.set({ epoch: { root: WRONG_ROOT, rewards: 801n, paid: 802n } });
    expect((await auditWeek(world.deps, 0n)).differences.map(({ what }) => what)).toEqual([
      'rewards',
      'root of claims',
      'rewards above what was kept',
      'paid above rewards',
    ]);
  });

  it('does not agree where another week, or nobody, paid what it kept', async () => {
    const world = await honestWorld();
    world.set({ resource: { weeks: [{ week: 1n, due: 0n, kept: 799n }] } });
    expect((await auditWeek(world.deps, 0n)).differences.map(({ what }) => what)).toEqual(['kept']);
    world.set({ resource: { weeks: [{ week: 7n, due: 0n, kept: 800n }] } });
    const old = await auditWeek(world.deps, 0n);
    expect([old.agrees, old.unknown[0]]).toEqual([true, expect.stringContaining('too long ago')]);
  });

  it('shares by the terms of its own set', async () => {
    const world = await honestWorld();
    world.set({ guardSet: { guardShareBps: 0 } });
    expect((await auditWeek(world.deps, 0n)).figures.shares.get(GUARD_OWNER)).toBe(0n);
  });

  it('is unknown where leaves are not served, and compares nothing while it is open', async () => {
    const world = await honestWorld();
    world.blobs.delete(`hours/${toHex(world.hour.root)}`);
    const audit = await auditWeek(world.deps, 0n);
    expect([audit.agrees, audit.unknown.length]).toEqual([true, 1]);
    const open = await honestWorld();
    open.set({ epoch: { status: EPOCH_STATUS.open, root: EMPTY_ROOT, rewards: 0n } });
    expect((await auditWeek(open.deps, 0n)).agrees).toBe(true);
    expect(await codeOf(auditWeek(world.deps, 1n))).toBe('audit/no-week');
  });
});
