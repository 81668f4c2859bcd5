import type { Found } from '@media-network/chain';
import { electionOutcome } from '@media-network/chain/model';
import { ELECTION_STATUS, ELECTION_VOTE, EVIDENCE_KIND } from '@media-network/chain/schema';
import { describe, expect, it } from 'vitest';
import type { Commit } from '@media-network/protocol';
import { addressAt } from '../testing-accounts.ts';
import { findOverreports } from './find-overreports.ts';
import { isToJudge, mayVote, nextOfEvidence, verdictOn, voteOf } from './plan-elect.ts';
import type { ElectionFacts, EvidenceStep } from './plan-elect.ts';

const CONFIG = {
  electionBond: 0n,
  electionVoteSecs: 0,
  electionAppealSecs: 0,
  evidenceDelaySecs: 0,
  slashElectorBps: 0,
  maxElections: 0,
  minEdgeStake: 25n,
  votingSecs: 90,
  timelockSecs: 50,
  sampleSecs: 10,
} as Found<'config'>;
const ELECTION: ElectionFacts = {
  status: ELECTION_STATUS.open,
  committedAt: 100n,
  startedAt: 200n,
  endsAt: 340n,
  appealedAt: 0n,
  votes: [
    { no: 4, vote: ELECTION_VOTE.uphold },
    { no: 9, vote: ELECTION_VOTE.reject },
    { no: 5, vote: ELECTION_VOTE.uphold },
  ],
  voteCount: 2,
  setCount: 3,
  slashes: 1,
};

const next = (change: Partial<Parameters<typeof nextOfEvidence>[0]>): EvidenceStep =>
  nextOfEvidence({
    config: CONFIG,
    now: 250n,
    committedAt: undefined,
    election: undefined,
    isRipe: true,
    ...change,
  });

it('is committed to, and shown when a copy of it would come too late', () => {
  expect(next({})).toBe('commit');
  expect(next({ committedAt: 241n })).toBe('wait');
  expect(next({ committedAt: 240n })).toBe('elect');
  expect(next({ committedAt: 240n, isRipe: false })).toBe('wait');
});

describe('evidence', () => {
  it('takes the place of what was committed to later while votes are open, and is of no use else', () => {
    expect(next({ committedAt: 99n, election: ELECTION })).toBe('displace');
    expect(next({ committedAt: 100n, election: ELECTION })).toBe('withdraw');
    expect(next({ committedAt: 99n, election: ELECTION, now: 290n })).toBe('withdraw');
    const over = { ...ELECTION, status: ELECTION_STATUS.slashed };
    expect(next({ committedAt: 99n, election: over })).toBe('withdraw');
    expect(next({ election: ELECTION })).toBe('settled');
  });
});

describe('a vote', () => {
  it('counts while votes are open, and again after an appeal', () => {
    expect(mayVote(CONFIG, 289n, ELECTION)).toBe(true);
    expect(mayVote(CONFIG, 290n, ELECTION)).toBe(false);
    expect(mayVote(CONFIG, 339n, { ...ELECTION, appealedAt: 201n })).toBe(true);
    expect(mayVote(CONFIG, 340n, { ...ELECTION, appealedAt: 201n })).toBe(false);
    expect(mayVote(CONFIG, 201n, { ...ELECTION, status: ELECTION_STATUS.removed })).toBe(false);
    expect([voteOf(ELECTION, 9), voteOf(ELECTION, 5)]).toEqual([ELECTION_VOTE.reject, undefined]);
  });

  it('is cast once, and judged anew after an appeal of what nobody signed, unless it was cast by hand', () => {
    const { uphold, reject } = ELECTION_VOTE;
    const appealed = { ...ELECTION, fault: EVIDENCE_KIND.probes, appealedAt: 201n };
    const judge = (change: object, no: number, judged?: number, now = 280n): boolean =>
      isToJudge(CONFIG, now, { ...appealed, ...change }, { no, judged });
    expect(judge({ appealedAt: 0n }, 5)).toBe(true);
    expect(judge({ appealedAt: 0n }, 4, uphold)).toBe(false);
    expect(judge({}, 4, uphold)).toBe(true);
    expect(judge({}, 4, uphold, 339n)).toBe(true);
    expect(judge({}, 4, uphold, 340n)).toBe(false);
    expect(judge({ fault: EVIDENCE_KIND.counters }, 4, uphold)).toBe(false);
    // Another vote than its own, or one of which it knows nothing, is the operator's.
    expect(judge({}, 4, reject)).toBe(false);
    expect(judge({}, 4)).toBe(false);
  });

  it('decides by more than two thirds of the set', () => {
    expect(electionOutcome(ELECTION)).toBe(ELECTION_STATUS.undecided);
    const votes = [4, 9, 5].map((no) => ({ no, vote: ELECTION_VOTE.uphold }));
    expect(electionOutcome({ ...ELECTION, votes })).toBe(ELECTION_STATUS.undecided);
    expect(electionOutcome({ ...ELECTION, votes, voteCount: 3 })).toBe(ELECTION_STATUS.slashed);
    expect(electionOutcome({ ...ELECTION, votes, voteCount: 3, slashes: 0 })).toBe(ELECTION_STATUS.removed);
    const against = votes.map(({ no }) => ({ no, vote: ELECTION_VOTE.reject }));
    expect(electionOutcome({ ...ELECTION, votes: against, voteCount: 3 })).toBe(ELECTION_STATUS.rejected);
  });

  it('is for what the program has verified, whether the file is shown or kept back', () => {
    const signed = { fault: EVIDENCE_KIND.counters, startedAt: 200n };
    const on = (file: boolean | undefined, now: bigint): number | undefined =>
      verdictOn(signed, { file, own: undefined }, CONFIG, now);
    expect(on(true, 201n)).toBe(ELECTION_VOTE.uphold);
    expect(on(undefined, 229n)).toBe(undefined);
    expect(on(undefined, 230n)).toBe(ELECTION_VOTE.uphold);
    expect(on(false, 230n)).toBe(ELECTION_VOTE.uphold);
  });

  it('goes by what the guard saw itself where nobody signed, and against who shows nothing', () => {
    const bare = { fault: EVIDENCE_KIND.probes, startedAt: 200n };
    const on = (file: boolean | undefined, own: boolean | undefined, now = 201n): number | undefined =>
      verdictOn(bare, { file, own }, CONFIG, now);
    expect(on(true, true)).toBe(ELECTION_VOTE.uphold);
    expect(on(true, false)).toBe(ELECTION_VOTE.reject);
    expect(on(true, undefined, 289n)).toBe(undefined);
    expect(on(false, true)).toBe(ELECTION_VOTE.reject);
    expect(on(undefined, undefined)).toBe(undefined);
    expect(on(undefined, undefined, 230n)).toBe(ELECTION_VOTE.reject);
  });
});

describe('reports beside counters', () => {
  const edge = addressAt(3);
  const commit = (hour: bigint, total: bigint, change: Partial<Commit> = {}): Commit => ({
    edge,
    boot: 1,
    hour,
    slot: 2,
    total,
    count: 1,
    unixMs: hour * 1_000n,
    root: new Uint8Array(32),
    signature: new Uint8Array(64),
    ...change,
  });
  const found = (commits: readonly Commit[], bytes: bigint): readonly unknown[] =>
    findOverreports(
      {
        of: (_, hour) => ({
          asks: { answered: 0, refused: 0 },
          contacts: { answered: 0, silent: 0 },
          probed: new Map(),
          looks: [],
          commits: commits.filter((each) => each.hour === hour),
        }),
      },
      7n,
      [{ edge, bytes }],
    );

  it('are evidence when they are above what the nearest counters of one run rose by', () => {
    const commits = [commit(5n, 0n), commit(6n, 100n), commit(8n, 1_000_100n), commit(9n, 9_000_000n)];
    expect(found(commits, 1_000_000n)).toEqual([]);
    expect(found(commits, 2_000_000n)).toMatchObject([{ kind: 'report-above-counters', hour: '7', edge }]);
    // Started anew between: what came before is of another run.
    const restarted = commits.map((each) => (each.hour < 7n ? each : { ...each, boot: 2 }));
    expect(found(restarted, 2_000_000n)).toEqual([]);
    expect(found(commits.slice(0, 2), 2_000_000n)).toEqual([]);
  });
});
