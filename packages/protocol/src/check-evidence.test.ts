import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { toHex } from './bytes.ts';
import { checkEvidence, evidenceOf } from './check-evidence.ts';
import { encodeCommit, signCommit } from './counters.ts';
import type { Commit } from './counters.ts';
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
  const finding = await checkEvidence(JSON.parse(JSON.stringify(evidenceOf([a, b]))), operatorsOf);
  return finding.kind === 'valid' ? 'valid' : finding.why;
}

const whyOf = async (file: unknown): Promise<string> => {
  const finding = await checkEvidence(file, operatorsOf);
  return finding.kind === 'invalid' ? finding.why : 'valid';
};

describe('evidence of contradicting counters', () => {
  it('is valid when the operator of that hour signed both', async () => {
    const [a, b] = [await commit(), await commit({ total: 6n })];
    expect(await why(a, b)).toBe('valid');
    expect(await checkEvidence(evidenceOf([a, b]), operatorsOf)).toMatchObject({ edge: EDGE, hour: 7n });
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
