import type { Found } from '@media-network/chain';
import { PROPOSAL_STATUS } from '@media-network/chain/schema';
import { MediaError } from '@media-network/runtime';
import { timeText } from '../stake/refusal.ts';

type Proposal = Found<'proposal'>;

const notNow = (message: string, hint: string): MediaError =>
  new MediaError({ code: 'cli/proposal-not-ready', message, hint, source: 'client' });

const notCounted = (number: bigint): MediaError =>
  notNow(
    `Whether proposal ${number} has passed is not counted yet.`,
    `"media gov finalise ${number}" counts, when voting is over.`,
  );

const lookAt = (number: bigint): string => `"media gov show ${number}" says how it stands.`;

/** @throws `cli/proposal-not-ready` unless it is voted on. */
export function requireVoting({ number, status, votingEndsAt }: Proposal, now: bigint): void {
  if (status === PROPOSAL_STATUS.voting && now < votingEndsAt) return;
  throw notNow(`Proposal ${number} was voted on until ${timeText(votingEndsAt, now)}.`, lookAt(number));
}

/** @throws `cli/proposal-not-ready` unless its votes can be counted. */
export function requireCountable(proposal: Proposal, now: bigint): void {
  const { number, status, votingEndsAt } = proposal;
  if (status !== PROPOSAL_STATUS.voting)
    throw notNow(`The votes on proposal ${number} are counted already.`, lookAt(number));
  if (now < votingEndsAt)
    throw notNow(
      `Proposal ${number} is voted on until ${timeText(votingEndsAt, now)}.`,
      'Count the votes after that; anybody may.',
    );
}

/** @throws `cli/proposal-not-ready` unless it can be carried out. */
export function requireExecutable(proposal: Proposal, now: bigint): void {
  const { number, status, executableAt, expiresAt } = proposal;
  if (status === PROPOSAL_STATUS.executed)
    throw notNow(`Proposal ${number} is carried out already.`, lookAt(number));
  if (status === PROPOSAL_STATUS.rejected) throw notNow(`Proposal ${number} has not passed.`, lookAt(number));
  if (status === PROPOSAL_STATUS.voting) throw notCounted(number);
  if (now < executableAt)
    throw notNow(
      `Proposal ${number} has passed and can be carried out from ${timeText(executableAt, now)} on.`,
      'Whoever disagrees has until then to act; anybody may carry it out after that.',
    );
  if (now >= expiresAt)
    throw notNow(
      `Nobody carried out proposal ${number} until ${timeText(expiresAt, now)}: it is void.`,
      'Propose it anew with "media gov propose".',
    );
}

/** @throws `cli/proposal-not-ready` unless its deposit waits to be returned. */
export function requireRefundable({ number, status, deposit }: Proposal): void {
  if (status === PROPOSAL_STATUS.voting) throw notCounted(number);
  if (status === PROPOSAL_STATUS.rejected)
    throw notNow(`Proposal ${number} has not passed: its deposit is the fund's.`, lookAt(number));
  if (deposit === 0n) throw notNow(`The deposit of proposal ${number} is returned already.`, lookAt(number));
}
