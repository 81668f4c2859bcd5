import type { Found } from '@media-network/chain';
import { electionParams } from '@media-network/chain/model';
import { ELECTION_STATUS, ELECTION_VOTE, EVIDENCE_KIND } from '@media-network/chain/schema';

export type ElectionFacts = Pick<
  Found<'election'>,
  | 'status'
  | 'committedAt'
  | 'startedAt'
  | 'endsAt'
  | 'appealedAt'
  | 'votes'
  | 'voteCount'
  | 'setCount'
  | 'slashes'
>;

/** What comes next of evidence that this guard holds. */
export type EvidenceStep =
  | 'commit'
  | 'elect'
  /** Takes the place of an elector that committed later. */
  | 'displace'
  /** The commitment is of no use any more: its bond is taken back. */
  | 'withdraw'
  | 'wait'
  | 'settled';

export function nextOfEvidence(facts: {
  readonly config: Found<'config'>;
  readonly now: bigint;
  /** The own commitment on chain. */
  readonly committedAt: bigint | undefined;
  readonly election: ElectionFacts | undefined;
  /** Whether all that decides what falls is on chain. */
  readonly isRipe: boolean;
}): EvidenceStep {
  const { config, now, committedAt, election } = facts;
  if (election !== undefined) {
    if (committedAt === undefined) return 'settled';
    const isEarlier = election.status === ELECTION_STATUS.open && committedAt < election.committedAt;
    const { voteSecs } = electionParams(config);
    return isEarlier && now < election.startedAt + voteSecs ? 'displace' : 'withdraw';
  }
  if (committedAt === undefined) return 'commit';
  return facts.isRipe && now >= committedAt + electionParams(config).delaySecs ? 'elect' : 'wait';
}

/** Whether a guard's vote counts now: while votes are open, and for as long as an appeal gives guards time to look again. */
export function mayVote(config: Found<'config'>, now: bigint, election: ElectionFacts): boolean {
  if (election.status !== ELECTION_STATUS.open) return false;
  if (now < election.startedAt + electionParams(config).voteSecs) return true;
  return election.appealedAt > 0n && now < election.endsAt;
}

/**
 * Whether this guard is to judge: if it has not voted, and anew after an appeal of what nobody signed, with all that it and the
 * others have seen by then (the last vote counts). What is signed the program has verified: no look of a guard's changes it. A vote
 * that the operator cast by hand stands: `judged` is what this guard voted by itself.
 */
export function isToJudge(
  config: Found<'config'>,
  now: bigint,
  election: ElectionFacts & Pick<Found<'election'>, 'fault'>,
  own: { readonly no: number; readonly judged: number | undefined },
): boolean {
  if (!mayVote(config, now, election)) return false;
  const vote = voteOf(election, own.no);
  if (vote === undefined) return true;
  return vote === own.judged && election.appealedAt > 0n && election.fault === EVIDENCE_KIND.probes;
}

/** What this guard has said in an election. */
export function voteOf(election: ElectionFacts, no: number): number | undefined {
  return election.votes.slice(0, election.voteCount).find((vote) => vote.no === no)?.vote;
}

/** What a guard has found of an election's evidence. */
export interface Looked {
  /** Of the file: whether it shows what the election is about; undefined while nobody shows the file. */
  readonly file: boolean | undefined;
  /** Of the own observations: guilty, innocent, or too few to say. */
  readonly own: boolean | undefined;
}

/**
 * How to vote, if at all. Of a kind that is signed the program has verified signatures and contradiction: an elector that keeps its
 * file back must not save the accused, so a third of the time for votes later that is enough. Of what nobody signed, only what the
 * guard itself saw counts, and an elector that does not show what it saw shows nothing.
 */
export function verdictOn(
  election: Pick<Found<'election'>, 'fault' | 'startedAt'>,
  looked: Looked,
  config: Found<'config'>,
  now: bigint,
): number | undefined {
  const hasWaited = 3n * (now - election.startedAt) >= electionParams(config).voteSecs;
  if (election.fault !== EVIDENCE_KIND.probes)
    return looked.file === true || hasWaited ? ELECTION_VOTE.uphold : undefined;
  if (looked.file === false) return ELECTION_VOTE.reject;
  if (looked.own !== undefined && looked.file === true)
    return looked.own ? ELECTION_VOTE.uphold : ELECTION_VOTE.reject;
  return looked.file === undefined && hasWaited ? ELECTION_VOTE.reject : undefined;
}
