import { decodeBase58 } from '../codec/base58.ts';
import { BLOCKHASH_LIFETIME_SLOTS, MAX_FEE_ADDRESSES } from '../limits.ts';
import { SLOTS_PER_EPOCH } from '../svm/svm.ts';
import { invalidParams } from './errors.ts';
import { withContext } from './method.ts';
import type { RpcMethod } from './method.ts';
import {
  arrayAt,
  asAddress,
  base58Fault,
  configAt,
  requireMinContextSlot,
  slotAt,
  stringAt,
} from './params.ts';
import { FEATURE_SET, SOLANA_VERSION } from './version.ts';

const slotNow: RpcMethod = ({ bank }, params) => {
  const config = configAt(params, 0);
  requireMinContextSlot(bank, config);
  return slotAt(bank, config);
};

const getEpochInfo: RpcMethod = ({ bank }, params) => {
  const config = configAt(params, 0);
  requireMinContextSlot(bank, config);
  const slot = slotAt(bank, config);
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

/** The least that was paid for priority in each of the last 150 slots, of those that wrote to the accounts named. */
const getRecentPrioritizationFees: RpcMethod = ({ bank }, params) => {
  const named = params[0] === undefined || params[0] === null ? [] : arrayAt(params, 0, MAX_FEE_ADDRESSES);
  const addresses = named.map(asAddress);
  const { slot } = bank.now();
  const first = slot > BLOCKHASH_LIFETIME_SLOTS ? slot - BLOCKHASH_LIFETIME_SLOTS + 1n : 0n;
  return Array.from({ length: Number(slot - first + 1n) }, (_, i) => ({
    slot: first + BigInt(i),
    prioritizationFee: bank.priorityFees.least(first + BigInt(i), addresses),
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
  getVersion: () => ({ 'solana-core': SOLANA_VERSION, 'feature-set': FEATURE_SET }),
  getHealth: () => 'ok',
  getTransactionCount: ({ bank }, params) => {
    requireMinContextSlot(bank, configAt(params, 0));
    return bank.transactionCount;
  },
};
