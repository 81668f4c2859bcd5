import type { Found, MediaClient } from '@media-network/chain';
import { addressOf } from '@media-network/chain/program-world';
import { quotaShares } from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';
import { describe, expect, it } from 'vitest';
import { auditShares } from './audit-shares.ts';
import type { AskJson } from './audit-shares.ts';
import type { AuditDeps } from './subject.ts';

const RESOURCE = addressOf('resource');
const [A, B] = [addressOf('edge a'), addressOf('edge b')];
const SAMPLE = 30n;
/** 800 kbit/s in ten seconds. */
const QUOTA = 1_000_000n;

type Answer = Record<string, unknown>;

/** What a guard that heard of two edges, and gave a third of the reserve to one that came late, says. */
function answerOf(no: number, change: Answer = {}): Answer {
  const { shares, reserve } = quotaShares(QUOTA, [
    { edge: A, bytes: 600_000n },
    { edge: B, bytes: 200_000n },
  ]);
  const late = reserve / 3n;
  return {
    guard: addressOf(`guard ${no}`),
    no,
    resource: RESOURCE,
    sample: String(SAMPLE),
    budget: String(QUOTA),
    burst: false,
    reserve: String(reserve - late),
    shares: [
      { edge: A, bytes: String(shares.get(A)), demand: '600000' },
      { edge: B, bytes: String((shares.get(B) ?? 0n) + late), demand: '200000' },
    ],
    ...change,
  };
}

function world(answers: readonly (Answer | undefined)[], resource: Partial<Found<'resource'>> = {}) {
  const tail = new Uint32Array(8_928);
  tail.set([900, 900, 900, 900, 900], 10);
  const client = {
    account: async () => ({ quotaKbps: 800, ring: addressOf('ring'), ...resource }),
    ring: async () => ({ head: 24n, tail }),
    config: async () => ({ epochZero: 0n, sampleSecs: 10, hoursPerWeek: 4, monthSlots: 100, burstTimes: 0 }),
    chainTime: async () => 315n,
    guardSet: async () => ({ count: 3, entries: [1, 2, 3, 0].map((no) => ({ no })) }),
    guards: async () => [1, 2, 3].map((no) => ({ no, endpoint: `http://127.0.0.${no}` })),
    report: async () => null,
    addresses: { report: async () => addressOf('report') },
  };
  const ask: AskJson = async (base) => {
    const found = answers[Number(base.at(-1)) - 1];
    return found === undefined ? undefined : new Map(Object.entries(found));
  };
  // What an audit of shares reads.
  return { client: client as unknown as MediaClient, ask } as unknown as AuditDeps & {
    readonly ask: AskJson;
  };
}

const code = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => 'none',
    (error: unknown) => errorCode(error),
  );

describe('quota shares', () => {
  it('follow from what each guard heard, and hold by their median', async () => {
    const { figures, ...rest } = await auditShares(world([answerOf(1), answerOf(2), answerOf(3)]), RESOURCE);
    expect(rest).toEqual({ agrees: true, differences: [], unknown: [] });
    expect(figures).toMatchObject({
      sample: SAMPLE,
      quota: QUOTA,
      guards: [1, 2, 3],
      setCount: 3,
      burst: false,
    });
    const agreed = new Map(figures.edges.map((each) => [each.edge, each.agreed]));
    expect(agreed.get(A)).toBe(BigInt(String((answerOf(1)['shares'] as { bytes: string }[])[0]?.bytes)));
    expect([...agreed.keys()].toSorted()).toEqual([A, B].toSorted());
    expect(figures.edges.every(({ served }) => served === undefined)).toBe(true);
  });

  it('are told of a guard that gives less than follows, or more than there is', async () => {
    const less = answerOf(2, {
      reserve: '700000',
      shares: [
        { edge: A, bytes: '100', demand: '600000' },
        { edge: B, bytes: '199900', demand: '200000' },
      ],
    });
    const more = answerOf(3, { reserve: '900000' });
    const { agrees, differences } = await auditShares(world([answerOf(1), less, more]), RESOURCE, SAMPLE);
    expect(agrees).toBe(false);
    expect(differences.map(({ what }) => what)).toEqual([
      `share of ${A} by guard 2`,
      `share of ${B} by guard 2`,
      'shares and reserve of guard 2, together',
      'shares and reserve of guard 3, together',
    ]);
  });

  it('are no burst where the month has no slots left', async () => {
    const { shares, reserve } = quotaShares(10n * QUOTA, [{ edge: A, bytes: 1n }]);
    const burst = answerOf(1, {
      budget: String(10n * QUOTA),
      burst: true,
      reserve: String(reserve),
      shares: [{ edge: A, bytes: String(shares.get(A)), demand: '1' }],
    });
    const { differences } = await auditShares(world([burst, undefined, undefined]), RESOURCE);
    expect(differences.map(({ what }) => what)).toEqual(['burst by guard 1']);
  });

  it('are not known of guards that say nothing, or something else, and of another quota than now', async () => {
    const other = answerOf(2, { sample: '29' });
    const colours = answerOf(3, { shares: [{ edge: '\u001b[31mred', bytes: '1', demand: '1' }] });
    const { agrees, unknown, figures } = await auditShares(
      world([answerOf(1), other, colours], { quotaKbps: 700 }),
      RESOURCE,
    );
    expect([agrees, figures.guards]).toEqual([true, [1]]);
    expect(unknown).toHaveLength(3);
    expect(figures.edges.map(({ agreed }) => agreed)).toEqual([undefined, undefined]);
  });

  it('are refused where nobody says anything, and for samples to come', async () => {
    expect(await code(auditShares(world([]), RESOURCE))).toBe('audit/no-shares');
    expect(await code(auditShares(world([answerOf(1)]), RESOURCE, 32n))).toBe('audit/no-shares');
  });
});
