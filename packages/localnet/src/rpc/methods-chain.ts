import { decodeBase58 } from '../codec/base58.ts';
import { BLOCKHASH_LIFETIME_SLOTS, MAX_FEE_ADDRESSES } from '../limits.ts';
import { SLOTS_PER_EPOCH } from '../svm/svm.ts';
import { invalidParams } from './errors.ts';
import { withContext } from './method.ts';
import type { RpcMethod } from './method.ts';
import { arrayAt, asAddress, base58Fault, configAt, requireMinContextSlot, stringAt } from './params.ts';
import { SOLANA_VERSION } from './version.ts';

const slotNow: RpcMethod = ({ bank }, params) => {
  requireMinContextSlot(bank, configAt(params, 0));
  return bank.now().slot;
};

const getEpochInfo: RpcMethod = ({ bank }, params) => {
  requireMinContextSlot(bank, configAt(params, 0));
  const { slot } = bank.now();
  return {
    absoluteSlot: slot,
    blockHeight: slot,
    epoch: slot / SLOTS_PER_EPOCH,
    slotIndex: slot % SLOTS_PER_EPOCH,
    slotsInEpoch: SLOTS_PER_EPOCH,
    transactionCount: bank.transactionCount,
  };
};

const getLatestBlockhash: RpcMethod = ({ bank }, params) => {
  requireMinContextSlot(bank, configAt(params, 0));
  const latest = bank.latestBlockhash();
  return withContext(bank, latest);
};

const isBlockhashValid: RpcMethod = ({ bank }, params) => {
  requireMinContextSlot(bank, configAt(params, 1));
  const blockhash = stringAt(params, 0);
  if (blockhash.length > 44 || decodeBase58(blockhash)?.length !== 32)
    throw invalidParams(base58Fault(blockhash));
  return withContext(bank, bank.slots.slotOfBlockhash(blockhash) !== undefined);
};

/** Blocks are never full here, so nobody needs to pay for priority; slots as Solana's node answers, up to 150. */
const getRecentPrioritizationFees: RpcMethod = ({ bank }, params) => {
  if (params[0] !== undefined && params[0] !== null) arrayAt(params, 0, MAX_FEE_ADDRESSES).forEach(asAddress);
  const { slot } = bank.now();
  const first = slot > BLOCKHASH_LIFETIME_SLOTS ? slot - BLOCKHASH_LIFETIME_SLOTS + 1n : 0n;
  return Array.from({ length: Number(slot - first + 1n) }, (_, i) => ({
    slot: first + BigInt(i),
    prioritizationFee: 0,
  }));
};

export const chainMethods: Readonly<Record<string, RpcMethod>> = {
  getSlot: slotNow,
  getBlockHeight: slotNow,
  getEpochInfo,
  getLatestBlockhash,
  isBlockhashValid,
  getRecentPrioritizationFees,
  getGenesisHash: ({ bank }) => bank.genesis.hash,
  getVersion: () => ({ 'solana-core': SOLANA_VERSION, 'feature-set': null }),
  getHealth: () => 'ok',
  getTransactionCount: ({ bank }, params) => {
    requireMinContextSlot(bank, configAt(params, 0));
    return bank.transactionCount;
  },
};
