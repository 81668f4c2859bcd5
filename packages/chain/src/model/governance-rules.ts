import type { Address } from '@solana/kit';

import { decodeAction } from '../codec/actions.ts';
import type { ActionValue } from '../codec/actions.ts';
import type { InstructionArgs } from '../codec/values.ts';
import {
  NODE_STATUS,
  PROPOSAL_STATUS,
  RESOURCE_STATUS,
  ROLE,
  UPGRADE_SLICE,
  VOTE_SOURCE,
} from '../schema/index.ts';
import type { ActionName } from '../schema/index.ts';
import { PROGRAMS, SYSVARS } from '../programs.ts';
import { u64 } from './arithmetic.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { freeOfFund } from './fund.ts';
import { actionName, checkAction, isWeekly, setsParameters, settings } from './governance-actions.ts';
import { sameBytes } from './merkle.ts';
import { isBarred, openSet, replaceSeat, unseat } from './node-rules.ts';
import type { Candidate } from './node-rules.ts';
import { averageOf, checkSame, checkToken, worth, worthForRights } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import { sha256 } from './sha256.ts';
import { joinSeasons, seasonedSince } from './seasons.ts';
import { closeSpan } from './spans.ts';
import type { Draft } from './state.ts';
import { keepTerms } from './terms.ts';
import { hourAt, weekAt } from './time.ts';

const Q32 = 2n ** 32n;
const WEEKS_OF_QUARTER = 13n;

/** A passed proposal of the kind that has not expired. */
function openPassed(context: Context, isOfKind: (kind: number) => boolean): Draft<'proposal'> {
  const proposal = context.open('proposal', context.at('proposal'));
  if (!isOfKind(proposal.flags)) fail('WrongKind');
  if (proposal.status === PROPOSAL_STATUS.executed) fail('AlreadyDecided');
  if (proposal.status !== PROPOSAL_STATUS.passed) fail('WrongStatus');
  if (context.now >= proposal.expiresAt) fail('TooLate');
  return proposal;
}

/** A passed proposal of the kind, in its time. */
function openExecutable(context: Context, isOfKind: (kind: number) => boolean): Draft<'proposal'> {
  const proposal = openPassed(context, isOfKind);
  if (context.now < proposal.executableAt) fail('TooEarly');
  return proposal;
}

function execute<N extends ActionName>(
  context: Context,
  name: N,
): { readonly proposal: Draft<'proposal'>; readonly action: ActionValue<N> } {
  const proposal = openExecutable(context, (kind) => actionName(kind) === name);
  return { proposal, action: decodeAction(name, proposal.action).value };
}

function setExecuted(context: Context, proposal: Draft<'proposal'>): void {
  proposal.status = PROPOSAL_STATUS.executed;
  proposal.executedAt = context.now;
}

/** MEDIA that a proposal costs: what is asked, at the average price, rounded up, within floor and ceiling. */
export function depositOf(
  config: Pick<Draft<'config'>, 'depositQuote' | 'depositFloor' | 'depositCeiling'>,
  averageQ32: bigint,
): bigint {
  const asked = (config.depositQuote * Q32 + averageQ32 - 1n) / averageQ32;
  const least = asked < config.depositFloor ? config.depositFloor : asked;
  return least > config.depositCeiling ? config.depositCeiling : least;
}

/** What a grant has earned at a moment: second by second, and nothing after it was stopped. */
export function earnedOf(grant: Draft<'grant'>, now: bigint): bigint {
  const until = grant.stoppedAt > 0n ? grant.stoppedAt : now;
  const elapsed = until > grant.startedAt ? until - grant.startedAt : 0n;
  return elapsed >= BigInt(grant.secs) ? grant.amount : (grant.amount * elapsed) / BigInt(grant.secs);
}

/** Whether nothing more comes of a proposal. */
export function isOver(proposal: Draft<'proposal'>, now: bigint): boolean {
  const { rejected, executed } = PROPOSAL_STATUS;
  return proposal.status === rejected || proposal.status === executed || now >= proposal.expiresAt;
}

interface Ballot {
  readonly source: Draft<'lock'> | Draft<'stake'>;
  readonly at: Address;
  readonly kind: number;
  /** Votes of what has been there since the moment. */
  readonly weigh: (moment: bigint) => bigint;
}

function cast(context: Context, side: number, { source, at, kind, weigh }: Ballot): void {
  const proposal = context.open('proposal', context.at('proposal'));
  if (side > 1) fail('InvalidParameter');
  if (proposal.status !== PROPOSAL_STATUS.voting) fail('AlreadyDecided');
  if (context.now >= proposal.votingEndsAt) fail('TooLate');
  if (context.find('vote', context.at('vote')) !== null) fail('VotedAlready');
  const weight = weigh(proposal.seasonedAt);
  if (weight === 0n) fail('NoWeight');
  context.create('vote', context.at('vote'), {
    status: kind,
    flags: side,
    proposal: context.at('proposal'),
    source: at,
    owner: context.at('owner'),
    weight,
  });
  if (side === 1) proposal.votesFor = u64(proposal.votesFor + weight);
  else proposal.votesAgainst = u64(proposal.votesAgainst + weight);
  source.openVotes += 1;
}

type GovernanceRule =
  | 'lockMedia'
  | 'unlockMedia'
  | 'propose'
  | 'castVote'
  | 'castStakeVote'
  | 'closeVote'
  | 'finaliseProposal'
  | 'refundDeposit'
  | 'executeParameters'
  | 'executeRemoval'
  | 'executeGrant'
  | 'stopGrant'
  | 'payGrant'
  | 'executeIntegration'
  | 'executeGuard'
  | 'executeUpgrade'
  | 'checkUpgrade';

/** Locks, proposals, votes, what is executed (docs/governance.md; whitepaper §6, §8.1). */
export const governanceRules: Pick<Rules, GovernanceRule> = {
  lockMedia(context, args) {
    const config = context.open('config', context.at('config'));
    checkToken(context, context.at('ownerMedia'), config.mediaMint);
    checkDifferent(context.at('ownerMedia'), context.at('vault'));
    if (args.amount === 0n) fail('ZeroAmount');
    const owner = context.at('owner');
    const lock =
      context.find('lock', context.at('lock')) ?? context.create('lock', context.at('lock'), { owner });
    joinSeasons(lock, lock.amount, config, context.now);
    lock.amount = u64(lock.amount + args.amount);
    context.transfer(context.at('ownerMedia'), context.at('vault'), args.amount, owner);
  },

  unlockMedia(context, args) {
    const config = context.open('config', context.at('config'));
    const lock = context.open('lock', context.at('lock'));
    checkToken(context, context.at('ownerMedia'), config.mediaMint, context.at('owner'));
    checkDifferent(context.at('ownerMedia'), context.at('vault'));
    if (args.amount === 0n) fail('ZeroAmount');
    if (args.amount > lock.amount) fail('InsufficientStake');
    if (lock.openVotes > 0) fail('VotesOpen');
    lock.amount -= args.amount;
    context.transfer(context.at('vault'), context.at('ownerMedia'), args.amount, context.at('config'));
  },

  propose(context, args) {
    const config = context.open('config', context.at('config'));
    const pool = context.open('pool', context.at('pool'));
    checkSame(config.quotes[0]?.mint ?? PROGRAMS.system, pool.quoteMint);
    checkToken(context, context.at('proposerMedia'), config.mediaMint, context.at('proposer'));
    if (context.find('proposal', context.at('proposal')) !== null) fail('AlreadyExists');
    if (args.number !== config.proposals + 1n) fail('BasisChanged');
    checkAction(config, args.kind, args.action);
    if (!/^[\x21-\x7e]{0,120}$/.test(args.link)) fail('InvalidParameter');
    const deposit = depositOf(config, averageOf(pool, config, context.now));
    if (deposit > args.maxDeposit) fail('Slippage');
    context.create('proposal', context.at('proposal'), {
      ...momentsOf(config, context.now),
      ...saidIn(args),
      flags: args.kind,
      proposer: context.at('proposer'),
      deposit,
    });
    config.proposals = args.number;
    context.transfer(context.at('proposerMedia'), context.at('vault'), deposit, context.at('proposer'));
  },

  castVote(context, args) {
    const config = context.open('config', context.at('config'));
    const lock = context.open('lock', context.at('lock'));
    checkSame(lock.owner, context.at('owner'));
    cast(context, args.side, {
      source: lock,
      at: context.at('lock'),
      kind: VOTE_SOURCE.lock,
      weigh: (moment) => seasonedSince(lock, lock.amount, config, moment),
    });
  },

  castStakeVote(context, args) {
    const config = context.open('config', context.at('config'));
    const pool = context.open('pool', context.at('pool'));
    const stake = context.open('stake', context.at('stake'));
    checkSame(stake.owner, context.at('owner'));
    checkSame(stake.pool, context.at('pool'));
    cast(context, args.side, {
      source: stake,
      at: context.at('stake'),
      kind: VOTE_SOURCE.stake,
      // The MEDIA side of what the LP is worth at the average price.
      weigh: (moment) =>
        worth(pool, config, context.now, seasonedSince(stake, stake.lp, config, moment)) / 2n,
    });
  },

  closeVote(context) {
    const proposal = context.open('proposal', context.at('proposal'));
    const vote = context.open('vote', context.at('vote'));
    checkSame(vote.proposal, context.at('proposal'));
    checkSame(vote.source, context.at('source'));
    checkSame(vote.owner, context.at('owner'));
    const at = context.at('source');
    const source = vote.status === VOTE_SOURCE.lock ? context.open('lock', at) : context.open('stake', at);
    if (!isOver(proposal, context.now)) fail('TooEarly');
    source.openVotes -= 1;
    context.remove(context.at('vote'));
  },

  finaliseProposal(context) {
    const config = context.open('config', context.at('config'));
    const proposal = context.open('proposal', context.at('proposal'));
    checkSame(context.at('fund'), config.fund);
    if (proposal.status !== PROPOSAL_STATUS.voting) fail('AlreadyDecided');
    if (context.now < proposal.votingEndsAt) fail('TooEarly');
    const { votesFor, votesAgainst, quorumVotes, deposit } = proposal;
    if (votesFor > votesAgainst && votesFor >= quorumVotes) {
      proposal.status = PROPOSAL_STATUS.passed;
      return;
    }
    proposal.status = PROPOSAL_STATUS.rejected;
    proposal.deposit = 0n;
    context.transfer(context.at('vault'), context.at('fund'), deposit, context.at('config'));
  },

  refundDeposit(context) {
    const config = context.open('config', context.at('config'));
    const proposal = context.open('proposal', context.at('proposal'));
    checkToken(context, context.at('proposerMedia'), config.mediaMint, proposal.proposer);
    checkDifferent(context.at('proposerMedia'), context.at('vault'));
    const { passed, executed } = PROPOSAL_STATUS;
    if (proposal.status !== passed && proposal.status !== executed) fail('WrongStatus');
    const { deposit } = proposal;
    if (deposit === 0n) fail('NothingDue');
    proposal.deposit = 0n;
    context.transfer(context.at('vault'), context.at('proposerMedia'), deposit, context.at('config'));
  },

  executeParameters(context) {
    const config = context.open('config', context.at('config'));
    const proposal = openExecutable(context, setsParameters);
    const chosen = settings(config, proposal.flags, proposal.action);
    if ([...chosen.keys()].some((field) => isWeekly(proposal.flags, field))) keepTerms(config, context.now);
    for (const [field, value] of chosen) {
      // Integer fields of the config: 64 bits as bigints, 32 bits as numbers.
      const target = config as unknown as Record<string, number | bigint>;
      target[field] = typeof target[field] === 'bigint' ? value : Number(value);
    }
    setExecuted(context, proposal);
  },

  executeRemoval(context) {
    const config = context.open('config', context.at('config'));
    const resource = context.open('resource', context.at('resource'));
    const { proposal, action } = execute(context, 'removeResource');
    checkSame(context.at('resource'), action.resource);
    const { removed, released } = RESOURCE_STATUS;
    if (resource.status === removed || resource.status === released) fail('WrongStatus');
    closeSpan(resource, hourAt(config, context.now));
    resource.status = removed;
    setExecuted(context, proposal);
  },

  executeGrant(context, args) {
    const config = context.open('config', context.at('config'));
    checkSame(context.at('fund'), config.fund);
    const { proposal, action } = execute(context, 'grant');
    if (proposal.number !== args.number) fail('WrongAddress');
    if (context.find('grant', context.at('grant')) !== null) fail('AlreadyExists');
    const quarter = Number(weekAt(config, context.now) / WEEKS_OF_QUARTER) + 1;
    const granted = config.grantQuarter === quarter ? config.granted : 0n;
    const free = freeOfFund(config, context.token(context.at('fund')).amount);
    const { recipient, amount, secs } = action;
    if (amount > free / 100n || granted + amount > (free + granted) / 20n) fail('GrantTooLarge');
    config.grantQuarter = quarter;
    config.granted = granted + amount;
    config.grantsOwed = u64(config.grantsOwed + amount);
    context.create('grant', context.at('grant'), {
      number: args.number,
      recipient,
      amount,
      secs,
      startedAt: context.now,
    });
    setExecuted(context, proposal);
  },

  stopGrant(context, args) {
    const config = context.open('config', context.at('config'));
    const grant = context.open('grant', context.at('grant'));
    const { proposal, action } = execute(context, 'stopGrant');
    if (action.grant !== args.number) fail('WrongAddress');
    if (grant.stoppedAt > 0n) fail('AlreadyDecided');
    config.grantsOwed -= grant.amount - earnedOf(grant, context.now);
    grant.stoppedAt = context.now;
    setExecuted(context, proposal);
  },

  payGrant(context) {
    const config = context.open('config', context.at('config'));
    const grant = context.open('grant', context.at('grant'));
    checkSame(context.at('fund'), config.fund);
    checkToken(context, context.at('recipientMedia'), config.mediaMint, grant.recipient);
    checkDifferent(context.at('recipientMedia'), context.at('fund'));
    const due = earnedOf(grant, context.now) - grant.paid;
    if (due === 0n) fail('NothingDue');
    grant.paid += due;
    config.grantsOwed -= due;
    context.transfer(config.fund, context.at('recipientMedia'), due, context.at('config'));
  },

  executeIntegration(context, args) {
    const { proposal, action } = execute(context, 'integration');
    if (!sameBytes(action.name, args.name)) fail('WrongAddress');
    const at = context.at('integration');
    const integration = context.find('integration', at) ?? context.create('integration', at, {});
    Object.assign(integration, {
      status: action.enabled,
      name: action.name,
      sha256: action.sha256,
      number: proposal.number,
      changedAt: context.now,
    });
    setExecuted(context, proposal);
  },

  executeGuard(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = context.open('guard', context.at('guard'));
    const { proposal, action } = execute(context, 'replaceGuard');
    checkSame(context.at('guard'), action.guard);
    checkSame(context.at('successor'), action.successor);
    const candidate = successorOf(context, config);
    if (args.week !== weekAt(config, context.now) + 1n) fail('WrongWeek');
    const until = u64(args.week + BigInt(action.weeks));
    if (until > guard.barredUntil) guard.barredUntil = until;
    if (candidate === null) {
      const set = context.find('guardSet', context.at('guardSet'));
      if (set !== null) unseat(set, guard.no);
    } else {
      replaceSeat(config, openSet(context, config, args.week, context.at('payer')), guard.no, candidate);
    }
    setExecuted(context, proposal);
  },

  checkUpgrade(context, args) {
    const config = context.open('config', context.at('config'));
    const proposal = openPassed(context, isUpgrade);
    const action = decodeAction('upgrade', proposal.action).value;
    const at = context.at('buffer');
    const program = sealedIn(context, action.length);
    const { offset } = args;
    if (offset === 0) {
      proposal.checkedBuffer = at;
      proposal.checkedBefore = config.upgrades;
    } else if (!isCheckedUntil(proposal, config, at, offset)) fail('UpgradeUnchecked');
    if (offset >= action.length) fail('InvalidParameter');
    const before = offset === 0 ? new Uint8Array(32) : proposal.checkedDigest;
    const slice = program.subarray(offset, offset + UPGRADE_SLICE);
    const digest = sha256(before, slice);
    const until = offset + slice.length;
    if (until === action.length && !sameBytes(digest, action.digest)) fail('BufferMismatch');
    proposal.checkedDigest = digest;
    proposal.checkedBytes = until;
  },

  executeUpgrade(context) {
    const config = context.open('config', context.at('config'));
    const links: readonly (readonly [string, Address])[] = [
      ['program', context.programId],
      ['programData', context.programData()],
      ['rent', SYSVARS.rent],
      ['clock', SYSVARS.clock],
      ['loader', PROGRAMS.upgradeableLoader],
    ];
    for (const [name, address] of links) checkSame(context.at(name), address);
    const { proposal, action } = execute(context, 'upgrade');
    sealedIn(context, action.length);
    if (!isCheckedUntil(proposal, config, context.at('buffer'), action.length)) fail('UpgradeUnchecked');
    config.upgrades += 1;
    setExecuted(context, proposal);
  },
};

/** The named successor, if it can be seated: active, not barred, and staked as a guard must be. */
function successorOf(context: Context, config: Draft<'config'>): Candidate | null {
  const at = context.at('successor');
  if (at === PROGRAMS.system) return null;
  const guard = context.open('guard', at);
  const pool = context.open('pool', context.at('successorPool'));
  const stake = context.open('stake', context.at('successorStake'));
  checkSame(guard.stake, context.at('successorStake'));
  checkSame(stake.pool, context.at('successorPool'));
  checkSame(stake.owner, guard.owner);
  if (stake.flags !== ROLE.guard) fail('WrongRole');
  if (guard.status !== NODE_STATUS.active) return null;
  if (isBarred(guard, weekAt(config, context.now) + 1n)) return null;
  const value = worthForRights(pool, config, context.now, stake.lp);
  return value < config.minGuardStake ? null : { guard: at, no: guard.no, worth: value };
}

const isUpgrade = (kind: number): boolean => actionName(kind) === 'upgrade';

/** The bytes of a buffer that nobody but the program itself can change, by length what was voted for. */
function sealedIn(context: Context, length: number): Uint8Array {
  const buffer = context.buffer(context.at('buffer'));
  if (buffer === undefined) return fail('WrongOwner');
  if (buffer?.bytes.length !== length) return fail('BufferMismatch');
  if (buffer.authority !== context.at('authority')) fail('BufferOpen');
  return buffer.bytes;
}

/** Whether just so much of this buffer has been hashed, with no upgrade since. */
function isCheckedUntil(
  proposal: Draft<'proposal'>,
  config: Draft<'config'>,
  buffer: Address,
  bytes: number,
): boolean {
  return (
    proposal.checkedBuffer === buffer &&
    proposal.checkedBytes === bytes &&
    proposal.checkedBefore === config.upgrades
  );
}

function checkDifferent(left: Address, right: Address): void {
  if (left === right) fail('WrongAddress');
}

/** When a proposal made now is voted on, executed, and past. */
function momentsOf(config: Draft<'config'>, now: bigint): Partial<Draft<'proposal'>> {
  const [voting, timelock] = [BigInt(config.votingSecs), BigInt(config.timelockSecs)];
  const seasoned = now - BigInt(config.seasoningSecs);
  return {
    createdAt: now,
    seasonedAt: seasoned > 0n ? seasoned : 0n,
    votingEndsAt: now + voting,
    executableAt: now + voting + timelock,
    expiresAt: now + 2n * (voting + timelock),
    quorumVotes: config.quorumVotes,
  };
}

function saidIn({ number, action, textHash, link }: InstructionArgs<'propose'>): Partial<Draft<'proposal'>> {
  return { number, action, textHash, link };
}
