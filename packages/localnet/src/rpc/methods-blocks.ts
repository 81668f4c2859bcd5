import type { Bank } from '../bank/bank.ts';
import { MAX_BLOCKS_RANGE, MAX_PERFORMANCE_SAMPLES } from '../limits.ts';
import { RPC, invalidParams, rpcError } from './errors.ts';
import { historyConfigAt } from './history-config.ts';
import type { HistoryConfig } from './history-config.ts';
import type { RpcMethod } from './method.ts';
import { configAt, integerOf, isRecord, numberOf, requireConfirmed } from './params.ts';
import { landedAccountsJson, landedJson } from './transaction-json.ts';

function requireBlock(bank: Bank, slot: bigint): void {
  if (slot > bank.now().slot) throw rpcError(RPC.blockNotAvailable, `Block not available for slot ${slot}`);
}

function transactionsJson(bank: Bank, slot: bigint, asked: HistoryConfig): Record<string, unknown> {
  switch (asked.details) {
    case 'none':
      return {};
    case 'signatures':
      return { signatures: bank.history.ofSlot(slot).map((landed) => landed.signature) };
    case 'accounts':
      return {
        transactions: bank.history.ofSlot(slot).map((l) => landedAccountsJson(l, asked.maxVersion)),
      };
    default:
      return {
        transactions: bank.history
          .ofSlot(slot)
          .map((l) => landedJson(l, asked.encoding, asked.maxVersion, asked.rewards)),
      };
  }
}

/** Every slot has a block; its hash is the slot's blockhash. */
const getBlock: RpcMethod = ({ bank }, params) => {
  const slot = integerOf(params[0], 'u64');
  const asked = historyConfigAt(params, 1);
  requireConfirmed(asked.config);
  requireBlock(bank, slot);
  const parentSlot = slot === 0n ? 0n : slot - 1n;
  return {
    blockHeight: slot,
    blockTime: bank.slots.timeOf(slot),
    blockhash: bank.slots.blockhashOf(slot),
    parentSlot,
    previousBlockhash: bank.slots.blockhashOf(parentSlot),
    ...(asked.rewards ? { rewards: [] } : {}),
    ...transactionsJson(bank, slot, asked),
  };
};

function slotRange(from: bigint, to: bigint): bigint[] {
  const list: bigint[] = [];
  for (let slot = from; slot <= to; slot += 1n) list.push(slot);
  return list;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const getBlocks: RpcMethod = ({ bank }, params) => {
  const from = integerOf(params[0], 'u64');
  // The end may be left out and the config come in its place.
  const withoutEnd = params[1] === undefined || params[1] === null || isRecord(params[1]);
  requireConfirmed(configAt(params, withoutEnd && isRecord(params[1]) ? 1 : 2));
  const { slot } = bank.now();
  const to = withoutEnd ? least(slot, from + MAX_BLOCKS_RANGE) : least(slot, integerOf(params[1], 'u64'));
  if (to - from > MAX_BLOCKS_RANGE) throw invalidParams(`Slot range too large; max ${MAX_BLOCKS_RANGE}`);
  return slotRange(from, to);
};

const getBlocksWithLimit: RpcMethod = ({ bank }, params) => {
  const from = integerOf(params[0], 'u64');
  const limit = integerOf(params[1], 'usize');
  requireConfirmed(configAt(params, 2));
  if (limit > MAX_BLOCKS_RANGE) throw invalidParams(`Limit too large; max ${MAX_BLOCKS_RANGE}`);
  return slotRange(from, least(bank.now().slot, from + limit - 1n));
};

const getBlockTime: RpcMethod = ({ bank }, params) => {
  const slot = integerOf(params[0], 'u64');
  requireBlock(bank, slot);
  return bank.slots.timeOf(slot);
};

/** Nobody votes here, so no stake has confirmed any block. */
const getBlockCommitment: RpcMethod = (_, params) => {
  integerOf(params[0], 'u64');
  return { commitment: null, totalStake: 0 };
};

const SAMPLE_MS = 60_000;

/** Transactions of each whole minute of slots, newest first. */
const getRecentPerformanceSamples: RpcMethod = ({ bank }, params) => {
  const limit = numberOf(params[0] ?? MAX_PERFORMANCE_SAMPLES, 'usize');
  if (limit > MAX_PERFORMANCE_SAMPLES) throw invalidParams(`Invalid limit; max ${MAX_PERFORMANCE_SAMPLES}`);
  const { slotMs } = bank.genesis;
  const numSlots = Math.max(1, Math.round(SAMPLE_MS / slotMs));
  const whole = Number(bank.now().slot / BigInt(numSlots));
  const first = Math.max(0, whole - limit);
  const counts = bank.history.countBySlots(numSlots, BigInt(first * numSlots));
  return Array.from({ length: whole - first }, (_, i) => {
    const sample = whole - 1 - i;
    const numTransactions = counts.get(sample) ?? 0;
    return {
      slot: BigInt((sample + 1) * numSlots),
      numTransactions,
      numNonVoteTransactions: numTransactions,
      numSlots,
      samplePeriodSecs: Math.round((numSlots * slotMs) / 1000),
    };
  });
};

export const blockMethods: Readonly<Record<string, RpcMethod>> = {
  getBlock,
  getBlocks,
  getBlocksWithLimit,
  getBlockTime,
  getBlockCommitment,
  getFirstAvailableBlock: () => 0,
  minimumLedgerSlot: () => 0,
  getRecentPerformanceSamples,
};
