import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { toHex } from './bytes.ts';
import { checkEvidence, evidenceOf, overreportOf } from './check-evidence.ts';
import { encodeCommit, signCommit } from './counters.ts';
import type { Commit } from './counters.ts';
import { encodeEdgeView, signEdgeView } from './edge-view.ts';
import type { EdgeView } from './edge-view.ts';
import { createSessionKey } from './signing.ts';

const EDGE = addressOf(new Uint8Array(32).fill(8));
const OTHER = addressOf(new Uint8Array(32).fill(9));
const operator = await createSessionKey();
const stranger = await createSessionKey();
const OPERATOR = addressOf(operator.publicKey);
const commit = (change: Partial<Commit> = {}, by = operator): Promise<Commit> =>
  signCommit(
    {
      edge: EDGE,
      boot: 1,
      hour: 7n,
      slot: 2,
      total: 5n,
      count: 1,
      unixMs: 1n,
      root: new Uint8Array(32),
      ...change,
    },
    by.sign,
  );
const operatorsOf = (edge: string, hour: bigint): readonly string[] =>
  edge !== EDGE ? [] : hour < 7n ? [addressOf(stranger.publicKey)] : [OPERATOR];

async function why(a: Commit, b: Commit): Promise<string> {
  const finding = await checkEvidence(JSON.parse(JSON.stringify(evidenceOf([a, b]))), { operatorsOf });
  return finding.kind === 'invalid' ? finding.why : finding.kind;
}

const whyOf = async (file: unknown): Promise<string> => {
  const finding = await checkEvidence(file, { operatorsOf });
  return finding.kind === 'invalid' ? finding.why : 'valid';
};

describe('evidence of contradicting counters', () => {
  it('is valid when the operator of that hour signed both', async () => {
    const [a, b] = [await commit(), await commit({ total: 6n })];
    expect(await why(a, b)).toBe('valid');
    expect(await checkEvidence(evidenceOf([a, b]), { operatorsOf })).toMatchObject({ edge: EDGE, hour: 7n });
    expect(await why(await commit({}, stranger), b)).toMatch(/a is not signed by the edge's operator/);
    expect(await why(a, await commit({ total: 6n }, stranger))).toMatch(/b is not signed/);
    // A key that signed for the edge in another hour does not do.
    expect(await why(await commit({ hour: 6n }), await commit({ hour: 6n, total: 6n }))).toMatch(
      /not signed/,
    );
  });

  it('is none when both may be true', async () => {
    const a = await commit();
    expect(await why(a, a)).toMatch(/say the same/);
    expect(await why(a, await commit({ slot: 3, total: 6n }))).toMatch(/both may be true/);
    expect(await why(a, await commit({ boot: 2, total: 6n }))).toMatch(/both may be true/);
    expect(await why(a, await commit({ hour: 8n, total: 6n }))).toMatch(/both may be true/);
    expect(await why(a, await commit({ edge: OTHER, total: 6n }))).toMatch(/another edge/);
    const [c, d] = [await commit({ edge: OTHER }), await commit({ edge: OTHER, total: 6n })];
    expect(await why(c, d)).toMatch(/no such edge/);
  });

  it('says what is wrong with a file of a stranger', async () => {
    const a = toHex(encodeCommit(await commit()));
    const good = { kind: 'contradicting-counters', edge: EDGE, a, b: a };
    expect(await whyOf(null)).toMatch(/no JSON object/);
    expect(await whyOf('x')).toMatch(/no JSON object/);
    expect(await whyOf({})).toMatch(/kind is not known/);
    expect(await whyOf({ ...good, kind: 'other' })).toMatch(/kind is not known: other/);
    expect(await whyOf({ ...good, edge: 5 })).toMatch(/edge is no address/);
    expect(await whyOf({ ...good, edge: 'abc' })).toMatch(/edge is no address/);
    expect(await whyOf({ ...good, a: `${a}00` })).toMatch(/a is no commit/);
    expect(await whyOf({ ...good, b: undefined })).toMatch(/b is no commit/);
    expect(await whyOf({ ...good, b: a.toUpperCase() })).toMatch(/b is no commit/);
  });
});

const reportedBy = async (edge: string, hour: bigint): Promise<bigint | undefined> =>
  edge === EDGE && hour === 9n ? 3_000_000n : undefined;

const whyOfHour = async (hour: string, a: Commit, b: Commit): Promise<string> => {
  const file: unknown = { ...overreportOf(0n, [a, b]), hour };
  const finding = await checkEvidence(file, { operatorsOf, reportedBy });
  return finding.kind === 'invalid' ? finding.why : finding.kind;
};

describe('evidence of a report above counters', () => {
  it('is valid where the counters rose by less than was reported, beyond what may be under way', async () => {
    const [a, b] = [await commit({ hour: 8n }), await commit({ hour: 10n, total: 1_000_000n })];
    expect(await whyOfHour('9', a, b)).toBe('valid');
    // 3,000,000 − a sixty-fourth − 16 KiB.
    const limit = 3_000_000n - 46_875n - 16_384n + 5n;
    expect(await whyOfHour('9', a, await commit({ hour: 10n, total: limit }))).toMatch(/within what/);
    expect(await whyOfHour('9', a, await commit({ hour: 10n, total: limit - 1n }))).toBe('valid');
    expect(await whyOfHour('9', a, await commit({ hour: 10n, boot: 2 }))).toMatch(/started again/);
    expect(await whyOfHour('9', a, await commit({ hour: 10n, total: 4n }))).toMatch(/fell/);
    expect(await whyOfHour('9', b, a)).toMatch(/do not lie around/);
    expect(await whyOfHour('8', await commit({ hour: 7n }), b)).toMatch(/no report/);
    expect(await whyOfHour('x', a, b)).toMatch(/hour is no number/);
    expect(await whyOfHour('9', a, await commit({ hour: 10n }, stranger))).toMatch(/b is not signed/);
  });
});

const view = (change: Partial<EdgeView> = {}, by = operator): Promise<EdgeView> =>
  signEdgeView({ guard: EDGE, unixMs: 70_000n, zoneKey: new Uint8Array(64), down: [], ...change }, by.sign);

const whyOfViews = async (a: EdgeView, b: EdgeView, hour = '7'): Promise<string> => {
  const [x, y] = [a, b].map((each) => toHex(encodeEdgeView(each)));
  const file = { kind: 'contradicting-views', guard: EDGE, hour, a: x, b: y };
  const finding = await checkEvidence(file, { operatorsOf, hourAt: (secs) => secs / 10n });
  return finding.kind === 'invalid' ? finding.why : finding.kind;
};

describe('evidence of contradicting views', () => {
  it('is valid where one moment has two', async () => {
    const a = await view();
    expect(await whyOfViews(a, await view({ down: [OTHER] }))).toBe('valid');
    expect(await whyOfViews(a, a)).toMatch(/say the same/);
    expect(await whyOfViews(a, await view({ down: [OTHER], unixMs: 70_001n }))).toMatch(/both may be true/);
    expect(await whyOfViews(a, await view({ guard: OTHER, down: [OTHER] }))).toMatch(/another guard/);
    expect(await whyOfViews(a, await view({ down: [OTHER] }), '8')).toMatch(/not of hour 8/);
    expect(await whyOfViews(a, await view({ down: [OTHER] }, stranger))).toMatch(/b is not signed/);
  });
});

const hashes = (digit: string): object => ({ md5: digit.repeat(32), sha256: digit.repeat(64) });

describe('evidence of wrong bytes', () => {
  const body = { target: 'a'.repeat(64), right: hashes('1'), wrong: hashes('2') };
  const file = { kind: 'wrong-bytes', edge: EDGE, hour: '7', resource: OTHER, bodies: [body] };

  it('is a word, with MD5 and SHA-256 of both', async () => {
    expect(await checkEvidence(file, { operatorsOf })).toMatchObject({
      kind: 'unsigned',
      hour: 7n,
      bodies: [body],
    });
    expect(await whyOf({ ...file, bodies: [] })).toMatch(/names no bodies/);
    expect(await whyOf({ ...file, bodies: Array.from({ length: 9 }, () => body) })).toMatch(/more than 8/);
    expect(await whyOf({ ...file, bodies: [{ ...body, wrong: hashes('1') }] })).toMatch(/are the same/);
    expect(await whyOf({ ...file, bodies: [{ ...body, right: { sha256: '1'.repeat(64) } }] })).toMatch(/MD5/);
    expect(await whyOf({ ...file, bodies: [null] })).toMatch(/no target/);
  });
});
