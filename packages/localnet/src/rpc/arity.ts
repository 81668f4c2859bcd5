import { invalidParams, rpcError, RPC } from './errors.ts';
import type { Params } from './params.ts';

/** Parameters a method must have and may have; a method that is not listed takes none or a config. */
const ARITIES: Readonly<Record<string, readonly [required: number, most: number]>> = {
  getAccountInfo: [1, 2],
  getBalance: [1, 2],
  getBlock: [1, 2],
  getBlockCommitment: [1, 1],
  getBlockTime: [1, 1],
  getBlocks: [1, 3],
  getBlocksWithLimit: [2, 3],
  getFeeForMessage: [1, 2],
  getInflationReward: [1, 2],
  getLeaderSchedule: [0, 2],
  getMinimumBalanceForRentExemption: [1, 2],
  getMultipleAccounts: [1, 2],
  getProgramAccounts: [1, 2],
  getSignatureStatuses: [1, 2],
  getSignaturesForAddress: [1, 2],
  getSlotLeaders: [2, 2],
  getTokenAccountBalance: [1, 2],
  getTokenAccountsByDelegate: [2, 3],
  getTokenAccountsByOwner: [2, 3],
  getTokenLargestAccounts: [1, 2],
  getTokenSupply: [1, 2],
  getTransaction: [1, 2],
  isBlockhashValid: [1, 2],
  requestAirdrop: [2, 3],
  sendTransaction: [1, 2],
  simulateTransaction: [1, 2],
  accountSubscribe: [1, 2],
  accountUnsubscribe: [1, 1],
  logsSubscribe: [1, 2],
  logsUnsubscribe: [1, 1],
  programSubscribe: [1, 2],
  programUnsubscribe: [1, 1],
  rootUnsubscribe: [1, 1],
  signatureSubscribe: [1, 2],
  signatureUnsubscribe: [1, 1],
  slotUnsubscribe: [1, 1],
  slotsUpdatesUnsubscribe: [1, 1],
};

/** Refuses too few or too many parameters in the words of Solana's node. */
export function checkArity(method: string, params: Params): void {
  const [required, most] = ARITIES[method] ?? [0, 1];
  const given = params.length;
  if (given < required && required === most)
    throw invalidParams(`Invalid params: invalid length ${given}, expected a tuple of size ${most}.`);
  if (given < required) throw invalidParams(`\`params\` should have at least ${required} argument(s)`);
  if (given > most) {
    throw rpcError(
      RPC.invalidParams,
      `Invalid parameters: Expected from ${required} to ${most} parameters.`,
      `"Got: ${given}"`,
    );
  }
}
