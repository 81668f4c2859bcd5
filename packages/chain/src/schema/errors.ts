import { ELECTION_ERRORS } from './elections.ts';
import { GOVERNANCE_ERRORS } from './governance.ts';

/**
 * Custom errors of the program, by code. Append only: a code is never reused or renumbered.
 * The words are what a user reads; they say what to do where there is something to do.
 */
export const PROGRAM_ERRORS = {
  6000: [
    'InvalidInstruction',
    'The instruction is not one of the program, or its data has the wrong length.',
  ],
  6001: ['NotEnoughAccounts', 'Accounts are missing from the instruction.'],
  6002: ['WrongOwner', 'An account is owned by the wrong program.'],
  6003: ['WrongAddress', 'An account is not the one that the instruction needs at this place.'],
  6004: ['MissingSigner', 'A signature is missing.'],
  6005: ['NotWritable', 'An account must be writable.'],
  6006: ['WrongTag', 'An account is of another kind or version.'],
  6007: ['AlreadyExists', 'The account exists already.'],
  6008: ['WrongMint', 'A token account or mint is not of the token this place needs.'],
  6009: ['Overflow', 'An amount is out of range.'],
  6010: ['ZeroAmount', 'The amount must be above zero.'],
  6011: ['InvalidParameter', 'A parameter is out of its range.'],
  6012: ['Slippage', 'The price moved past your limit. Quote again, or allow more slippage.'],
  6013: ['InsufficientLiquidity', 'The pool has too little liquidity for this.'],
  6014: ['InsufficientStake', 'The stake is too small. Add LP to it.'],
  6015: ['StakeInUse', 'The stake is held by a node or a resource. Leave, or free it, first.'],
  6016: ['StillUnbonding', 'The unbonding period is not over.'],
  6017: ['NothingUnbonding', 'Nothing is unbonding.'],
  6018: ['WrongRole', 'The stake is for another role.'],
  6019: ['NotActive', 'The node or resource is not active.'],
  6020: ['AlreadyActive', 'The node or resource is active already.'],
  6021: ['SetFrozen', "The week's guard set is closed."],
  6022: [
    'SetNotReady',
    "The week's guard set is not usable yet: the week has not begun, or guards are missing.",
  ],
  6023: ['NotInSet', "The guard is not in the week's set."],
  6024: ['AlreadyInSet', "The guard is in the week's set already."],
  6025: ['WorthTooLow', "The guard's stake is not above the lowest of a full set."],
  6026: ['AlreadyVoted', 'The guard has voted already.'],
  6027: ['AlreadyDecided', 'This is decided already.'],
  6028: ['TooEarly', 'It is too early for this.'],
  6029: ['TooLate', 'It is too late for this.'],
  6030: ['WrongStatus', 'The account is not in the state that this needs.'],
  6031: ['WrongProof', 'The Merkle proof does not lead to the root.'],
  6032: ['WrongPrevious', 'No longer used.'],
  6033: ['ChargeFirst', 'Fees of an earlier week are due: charge them first.'],
  6034: ['UnwrapFirst', 'No longer used.'],
  6035: ['RewardsAboveKept', 'The rewards are above what the epoch has kept.'],
  6036: ['NotLastEpoch', 'No longer used.'],
  6037: ['NothingToClaim', 'There is nothing to claim.'],
  6038: ['NothingDue', 'There is nothing due.'],
  6039: ['HashMismatch', 'The settings do not have the hash given. Write them again.'],
  6040: ['TooLarge', 'The data does not fit.'],
  6041: ['DebtOpen', 'A debt is open. Set more LP aside for the resource.'],
  6042: ['InvariantBroken', 'An invariant of the pool would break; nothing was changed.'],
  6043: ['WrongWeek', 'The week is not the one that this needs.'],
  6044: ['PriceMoved', "The pool's price has moved too far from its average. Wait until it has settled."],
  6045: [
    'PoolTooShallow',
    'Too little MEDIA stands behind the staked LP of this pool for its LP to give rights.',
  ],
  6046: ['NotRevealed', "Too few of the set's guards have revealed their verdicts."],
  6047: ['CommitmentMismatch', 'The verdict is not the one that was committed.'],
  6048: ['PayoutCapped', 'The week has paid out what it may for now. Claim again next week.'],
  6049: ['NotEndorsed', "The week's claims are not endorsed by a later set yet."],
  6050: ['QuoteNotListed', 'The network lists no such quote mint, or lists it without a freeze authority.'],
  6051: [
    'BasisChanged',
    'The chain no longer holds what this was computed from. Read it anew, and work it out again.',
  ],
  6052: [
    'WrongPercentile',
    "The rate given is not the 95th percentile of the month's samples. Read the ring anew.",
  ],
  6053: ['MonthOpen', 'An earlier month has samples and is not finalised yet. Finalise it first.'],
  6100: ['NothingVested', 'Nothing has vested of this allocation that is not released.'],
  ...ELECTION_ERRORS,
  6101: [
    'InvalidDomain',
    'The domain is no host name in lower case with at most 126 characters, or its key is not its hash.',
  ],
  6102: ['StakeSuffices', 'What stands for the domain is enough: only its owner gives notice.'],
  ...GOVERNANCE_ERRORS,
  6110: ['TooManyLeaves', 'One record takes fewer leaves. Record the rest in another.'],
} as const satisfies Record<number, readonly [name: string, words: string]>;

export type ProgramErrorCode = keyof typeof PROGRAM_ERRORS;

/** What a verdict says of a report: not judged, credited in full, for vouched bytes only, not at all. */
export const LEVEL = { none: 0, full: 1, vouched: 2, rejected: 3 } as const;
