import { getBase58Decoder } from '@solana/kit';
import { createHash } from 'node:crypto';
import { BLOCKHASH_LIFETIME_SLOTS } from '../limits.ts';
import { SLOTS_PER_EPOCH } from '../svm/svm.ts';
import { withContext } from './method.ts';
import type { RpcMethod } from './method.ts';
import { configAt, integerOf, requireMinContextSlot, stringAt } from './params.ts';
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
  return withContext(bank, bank.slots.slotOfBlockhash(stringAt(params, 0)) !== undefined);
};

const getBlockTime: RpcMethod = ({ bank }, params) => {
  const slot = integerOf(params[0], 'the slot');
  return slot > bank.now().slot ? null : bank.slots.timeOf(slot);
};

/** The chain's one node: a name derived from the genesis, as it has no key. */
const getIdentity: RpcMethod = ({ bank }) => ({
  identity: getBase58Decoder().decode(createHash('sha256').update(`identity ${bank.genesis.hash}`).digest()),
});

/** Blocks are never full here, so nobody needs to pay for priority; slots as Solana's node answers, up to 150. */
const getRecentPrioritizationFees: RpcMethod = ({ bank }) => {
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
  getBlockTime,
  getIdentity,
  getRecentPrioritizationFees,
  getGenesisHash: ({ bank }) => bank.genesis.hash,
  getVersion: () => ({ 'solana-core': SOLANA_VERSION, 'feature-set': null }),
  getHealth: () => 'ok',
  getTransactionCount: ({ bank }, params) => {
    requireMinContextSlot(bank, configAt(params, 0));
    return bank.transactionCount;
  },
};
