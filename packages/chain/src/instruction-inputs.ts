import type { Address, TransactionSigner } from '@solana/kit';

import type { Flat, InstructionArgs, TailInstruction } from './codec/values.ts';
import type { INSTRUCTIONS, InstructionName } from './schema/index.ts';

/**
 * What cannot be derived for each instruction and must be given; everything else follows from it, and
 * can still be given by name instead. Where a signer is given as a mere address, the transaction must be
 * signed by other means.
 */
export const REQUIRED_INPUTS = {
  genesis: ['payer'],
  createPool: ['payer', 'quoteMint'],
  addLiquidity: ['owner', 'quoteMint'],
  removeLiquidity: ['owner', 'quoteMint'],
  swap: ['owner', 'quoteMint'],
  stake: ['owner', 'pool'],
  beginUnbond: ['owner', 'pool', 'role'],
  withdraw: ['owner', 'pool', 'role'],
  registerGuard: ['owner', 'pool'],
  updateGuard: ['owner'],
  leaveGuard: ['owner'],
  registerEdge: ['owner', 'pool'],
  updateEdge: ['owner', 'pool'],
  leaveEdge: ['owner'],
  joinGuardSet: ['operator', 'guard', 'stake', 'pool'],
  registerResource: ['publisher', 'pool'],
  attachRing: ['publisher', 'resource'],
  openSettings: ['publisher', 'resource'],
  writeSettings: ['publisher', 'resource', 'settingsVersion'],
  sealSettings: ['publisher', 'resource', 'settingsVersion'],
  updateResource: ['publisher', 'resource', 'pool'],
  pauseResource: ['publisher', 'resource'],
  removeResource: ['publisher', 'resource'],
  releaseResource: ['publisher', 'resource', 'pool', 'settingsVersion'],
  authorise: ['operator', 'guard', 'pool', 'resource'],
  refreshQuota: ['pool', 'resource'],
  submitReport: ['operator', 'edge', 'stake', 'pool'],
  proposeHour: ['operator', 'guard'],
  record: ['resources'],
  charge: ['payer', 'pool', 'stake', 'resource'],
  proposeEpoch: ['operator', 'guard'],
  claim: ['payer', 'owner'],
  closeReport: ['report', 'payer'],
  closeHour: ['payer'],
  commitVerdict: ['operator', 'guard'],
  writeVerdict: ['operator', 'guard'],
  revealVerdict: ['operator', 'guard'],
  payDebt: ['pool', 'stake', 'resource'],
  closeVerdict: ['verdict', 'payer'],
  closeSet: ['payer'],
  closeEpoch: ['payer'],
  finaliseMonth: ['resource', 'ring'],
  buyback: ['pool'],
  burnBought: ['pool'],
  release: ['beneficiaryMedia'],
  changeBeneficiary: ['beneficiary'],
  commitEvidence: ['operator', 'guard', 'stake', 'pool'],
  withdrawEvidence: ['operator', 'guard', 'stake', 'evidence', 'payer'],
  elect: ['operator', 'guard', 'evidence', 'payer', 'accused', 'accusedStake', 'displaced'],
  voteElection: ['operator', 'guard', 'election'],
  appealElection: ['signer', 'accused', 'election'],
  finaliseElection: ['payer', 'election', 'accused', 'accusedStake', 'electorStake', 'reward', 'pool'],
  closeElection: ['election', 'payer'],
  registerDomain: ['owner', 'pool'],
  noticeDomain: ['caller', 'pool', 'domain'],
  keepDomain: ['owner', 'pool', 'domain'],
  freeDomain: ['stake', 'domain', 'owner'],
  lockMedia: ['owner'],
  unlockMedia: ['owner'],
  propose: ['proposer', 'pool'],
  castVote: ['owner', 'proposal', 'lock'],
  castStakeVote: ['owner', 'proposal', 'pool', 'stake'],
  closeVote: ['owner', 'proposal', 'source', 'vote'],
  finaliseProposal: ['proposal'],
  refundDeposit: ['proposal', 'proposerMedia'],
  executeParameters: ['proposal'],
  executeRemoval: ['proposal', 'resource'],
  executeGrant: ['payer', 'proposal'],
  stopGrant: ['proposal'],
  payGrant: ['recipientMedia'],
  executeIntegration: ['payer', 'proposal'],
  executeGuard: ['payer', 'proposal', 'guard', 'successor'],
  executeUpgrade: ['payer', 'proposal', 'buffer'],
  checkUpgrade: ['proposal', 'buffer'],
} as const satisfies Record<InstructionName, readonly string[]>;

type Accounts<N extends InstructionName> = (typeof INSTRUCTIONS)[N]['accounts'][number];
type AccountNames<N extends InstructionName> = Accounts<N>['name'];
type SignerNames<N extends InstructionName> = Extract<Accounts<N>, { readonly signer: true }>['name'];

/** Inputs that are neither accounts nor arguments of an instruction but from which accounts follow. */
export interface ExtraInputs {
  readonly quoteMint: Address;
  readonly pool: Address;
  readonly role: number;
  readonly settingsVersion: number;
  /** The resources recorded, in the order of their leaves; a released one has no ring. */
  readonly resources: readonly { readonly resource: Address; readonly ring: Address | null }[];
}

type InputOf<N extends InstructionName, K> =
  K extends SignerNames<N>
    ? Address | TransactionSigner
    : K extends AccountNames<N>
      ? Address
      : K extends keyof ExtraInputs
        ? ExtraInputs[K]
        : never;

type RequiredName<N extends InstructionName> = (typeof REQUIRED_INPUTS)[N][number];

/** Arguments, required accounts, and any account that shall not be the derived one. */
export type InstructionInput<N extends InstructionName> = Flat<
  InstructionArgs<N> & { [K in RequiredName<N>]: InputOf<N, K> } & {
    [K in Exclude<AccountNames<N>, RequiredName<N> | keyof InstructionArgs<N>>]?: InputOf<N, K>;
  } & Partial<Omit<ExtraInputs, RequiredName<N> | AccountNames<N> | keyof InstructionArgs<N>>> &
    (N extends TailInstruction ? { tail: Uint8Array } : unknown)
>;
