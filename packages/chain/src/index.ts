export { createAddresses, ringSeed } from './addresses.ts';
export type { Addresses } from './addresses.ts';
export { claimPlan } from './claim-plan.ts';
export { createChainClock } from './chain-clock.ts';
export type { ChainClock } from './chain-clock.ts';
export type { ClaimPlan, Unclaimed, WeekClaim } from './claim-plan.ts';
export { createMediaClient, websocketUrl } from './client.ts';
export type { MediaClient, MediaClientOptions } from './client.ts';
export { addressOption, createConfiguredClient } from './configured-client.ts';
export { decodeAction, encodeAction } from './codec/actions.ts';
export type { ActionValue } from './codec/actions.ts';
export { accountKind, accountOffset, accountSize, decodeAccount, encodeAccount } from './codec/accounts.ts';
export {
  decodeInstruction,
  encodeInstruction,
  instructionName,
  instructionSize,
} from './codec/instructions.ts';
export type { DecodedInstruction } from './codec/instructions.ts';
export type { AccountValue, InstructionArgs, TailInstruction } from './codec/values.ts';
export type { PriorityFee } from './compute-budget.ts';
export { ed25519Data, ed25519Instruction } from './ed25519.ts';
export type { SignedMessage } from './ed25519.ts';
export type { ExtraInputs, InstructionInput } from './instruction-inputs.ts';
export { upgradeDigest } from './upgrade-digest.ts';
export { deployProgram, governUpgrades, upgradeAuthorityOf, writeUpgradeBuffer } from './deploy.ts';
export { LOCK_DAYS, UNLOCKED, VEST_DAYS, documentedFounding, encodeAllocations } from './founding.ts';
export type { Allocation, Founding } from './founding.ts';
export type { BufferOptions, DeployOptions } from './deploy.ts';
export {
  actionOfKind,
  ballotsOf,
  closeVotesPlan,
  executePlan,
  payGrantPlan,
  saidBy,
  votePlan,
} from './governance-plan.ts';
export type { Ballot } from './governance-plan.ts';
export { createInstructions } from './instructions.ts';
export type { Instructions, MediaInstruction } from './instructions.ts';
export { MAX_TRANSACTION_BYTES, packTransactions, transactionBytes } from './pack-transactions.ts';
export { RING_SIZE, createResourcePlan, genesisPlan, sendPlan, settingsPlan } from './plans.ts';
export type { PlanStep, ResourcePlan } from './plans.ts';
export { MINTS, PROGRAMS, SYSVARS } from './programs.ts';
export type { Found, Reads, Where } from './reads.ts';
export { recordPlan } from './record-plan.ts';
export { createRpc } from './rpc.ts';
export type { Commitment, SendOptions, SendResult } from './send.ts';
export {
  createQuoteMint,
  ensureAta,
  mintQuote,
  rentFor,
  revokeMintAuthority,
  transferTokens,
  unwrapSol,
  wrapSol,
} from './tokens.ts';
export { programErrorCode } from './transaction-errors.ts';
export { revealPlan } from './verdict-plan.ts';
export { createWallet, signEvidence } from './wallet.ts';
export type { Signer } from './wallet.ts';
export type { FollowOptions, Followed } from './follow.ts';
export type { Watch, WatchOptions } from './watch.ts';
export { claimedIn, recordedIn, releasedIn } from './windows.ts';
