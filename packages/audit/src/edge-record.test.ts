import type { Found } from '@media-network/chain';
import { ELECTION_STATUS, HOUR_STATUS, VERDICT_STATUS } from '@media-network/chain/schema';
import { encodeVerdict, reputationOf } from '@media-network/protocol';
import type { Dispute, Level } from '@media-network/protocol';
import type { Address } from '@solana/kit';
import { expect, test } from 'vitest';
import { readEdgeRecord } from './edge-record.ts';
import { EDGE, OTHER_EDGE, account, at } from './testing-world.ts';

const PERIODS = {
  epochZero: 0n,
  sampleSecs: 300,
  hoursPerWeek: 168,
} as unknown as Parameters<typeof readEdgeRecord>[1]; // readEdgeRecord asks for the hour alone
const reportAt = (hour: bigint): Address => at(100 + Number(hour));

/** Three guards' reveals of one report an hour. */
function verdict(no: number, levels: readonly Level[], disputes: readonly Dispute[] = []): Found<'verdict'> {
  const tail = encodeVerdict({ levels, disputes });
  return account('verdict', at(150 + no), { no, status: VERDICT_STATUS.revealed, length: tail.length, tail });
}

interface Said {
  readonly levels: readonly Level[];
  readonly disputes?: readonly (readonly Dispute[])[];
  readonly final?: boolean;
}

function clientOf(
  hours: ReadonlyMap<bigint, Said>,
  elections: readonly Found<'election'>[] = [],
): Parameters<typeof readEdgeRecord>[0] {
  const reports = [...hours.keys()].map((hour) =>
    account('report', reportAt(hour), { edge: EDGE, hour, index: 0 }),
  );
  const reads = {
    addresses: { report: async (_: Address, hour: bigint) => reportAt(hour) },
    accounts: async (_: string, wanted: readonly Address[]) =>
      wanted.map((each) => reports.find(({ address }) => address === each) ?? null),
    hour: async (hour: bigint) => {
      const said = hours.get(hour)!;
      return account('hour', at(180), {
        hour,
        reports: 1,
        setCount: 3,
        reveals: said.levels.length,
        status: said.final === false ? HOUR_STATUS.open : HOUR_STATUS.final,
      });
    },
    verdicts: async (hour: bigint) =>
      hours.get(hour)!.levels.map((level, i) => verdict(i + 1, [level], hours.get(hour)!.disputes?.[i])),
    list: async () => elections,
  };
  return reads as unknown as Parameters<typeof readEdgeRecord>[0]; // the record reads nothing else
}

test('each fact is what the majority of the reveals decided, and names the account that shows it', async () => {
  const wrong = [{ report: 0, entry: 4 }];
  const client = clientOf(
    new Map<bigint, Said>([
      [3n, { levels: [1, 1, 3] }],
      [4n, { levels: [3, 3, 1] }],
      [5n, { levels: [2, 2, 1] }],
      [6n, { levels: [1, 1, 1], disputes: [wrong, wrong, []] }],
      [7n, { levels: [1, 1, 1], disputes: [wrong, [], []] }],
      [8n, { levels: [1, 1, 1], final: false }],
    ]),
  );
  const { facts, unknown } = await readEdgeRecord(client, PERIODS, EDGE, { from: 0n, until: 9n });
  expect(facts.toSorted((a, b) => Number(a.hour - b.hour))).toEqual([
    { hour: 3n, kind: 'full', evidence: reportAt(3n) },
    { hour: 4n, kind: 'rejected', evidence: reportAt(4n) },
    { hour: 5n, kind: 'vouched', evidence: reportAt(5n) },
    { hour: 6n, kind: 'full', evidence: reportAt(6n) },
    { hour: 6n, kind: 'disputed', evidence: reportAt(6n) },
    { hour: 7n, kind: 'full', evidence: reportAt(7n) },
  ]);
  expect(unknown).toEqual([8n]);
});

const election = (status: number, accused: Address, hour: number): Found<'election'> =>
  account('election', at(200 + hour), { status, accused, startedAt: BigInt(hour * 3_600 + 9) });

test('an election counts when it was decided against the edge, within the hours that are asked for', async () => {
  const client = clientOf(new Map(), [
    election(ELECTION_STATUS.removed, EDGE, 2),
    election(ELECTION_STATUS.slashed, EDGE, 3),
    election(ELECTION_STATUS.slashed, OTHER_EDGE, 4),
    election(ELECTION_STATUS.rejected, EDGE, 5),
    election(ELECTION_STATUS.undecided, EDGE, 6),
    election(ELECTION_STATUS.open, EDGE, 7),
    election(ELECTION_STATUS.removed, EDGE, 12),
  ]);
  const { facts } = await readEdgeRecord(client, PERIODS, EDGE, { from: 0n, until: 9n });
  expect(facts).toEqual([
    { hour: 2n, kind: 'removed', evidence: at(202) },
    { hour: 3n, kind: 'slashed', evidence: at(203) },
  ]);
  expect(reputationOf(facts, 9n).score).toBe(0);
});
