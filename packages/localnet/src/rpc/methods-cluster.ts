import { createHash } from 'node:crypto';
import type { Bank } from '../bank/bank.ts';
import { encodeBase58 } from '../codec/base58.ts';
import { MAX_LARGEST_ACCOUNTS, MAX_SLOT_LEADERS } from '../limits.ts';
import { SLOTS_PER_EPOCH } from '../svm/svm.ts';
import { RPC, invalidParams, rpcError } from './errors.ts';
import { withContext } from './method.ts';
import type { RpcMethod } from './method.ts';
import {
  arrayAt,
  asAddress,
  configAt,
  integerOf,
  isRecord,
  requireMinContextSlot,
  wordOf,
} from './params.ts';
import { FEATURE_SET, SOLANA_VERSION } from './version.ts';

/** The chain's one node: a name derived from the genesis, as it has no key. */
const identityOf = (bank: Bank): string =>
  encodeBase58(createHash('sha256').update(`identity ${bank.genesis.hash}`).digest());

const epochNow = (bank: Bank): bigint => bank.now().slot / SLOTS_PER_EPOCH;

const getSlotLeader: RpcMethod = ({ bank }, params) => {
  requireMinContextSlot(bank, configAt(params, 0));
  return identityOf(bank);
};

const getSlotLeaders: RpcMethod = ({ bank }, params) => {
  const from = integerOf(params[0], 'u64');
  const limit = integerOf(params[1], 'u64');
  if (limit > MAX_SLOT_LEADERS) throw invalidParams(`Invalid limit; max ${MAX_SLOT_LEADERS}`);
  const epoch = from / SLOTS_PER_EPOCH;
  if (epoch > epochNow(bank) + 1n)
    throw invalidParams(`Invalid slot range: leader schedule for epoch ${epoch} is unavailable`);
  return Array.from({ length: Number(limit) }, () => identityOf(bank));
};

const EVERY_SLOT: readonly number[] = Array.from({ length: Number(SLOTS_PER_EPOCH) }, (_, i) => i);

/** This node leads every slot of an epoch; the schedule of the next epoch is known too. */
const getLeaderSchedule: RpcMethod = ({ bank }, params) => {
  const [first] = params;
  const config = configAt(params, isRecord(first) ? 0 : 1);
  const slot = first === undefined || first === null || isRecord(first) ? undefined : integerOf(first, 'u64');
  const wanted = config['identity'] === undefined ? undefined : asAddress(config['identity']);
  if (slot !== undefined && slot / SLOTS_PER_EPOCH > epochNow(bank) + 1n) return null;
  const identity = identityOf(bank);
  return wanted === undefined || wanted === identity ? { [identity]: EVERY_SLOT } : {};
};

const getBlockProduction: RpcMethod = ({ bank }, params) => {
  const config = configAt(params, 0);
  const range = config['range'] ?? {};
  if (!isRecord(range))
    throw invalidParams('Invalid params: a range has a firstSlot and may have a lastSlot.');
  const wanted = config['identity'] === undefined ? undefined : asAddress(config['identity']);
  const { slot } = bank.now();
  const firstSlot = integerOf(range['firstSlot'] ?? epochNow(bank) * SLOTS_PER_EPOCH, 'u64');
  const lastSlot = integerOf(range['lastSlot'] ?? slot, 'u64');
  if (firstSlot > slot) throw invalidParams(`firstSlot, ${firstSlot}, is too large; max ${slot}`);
  if (lastSlot < firstSlot)
    throw invalidParams(`lastSlot, ${lastSlot}, cannot be less than firstSlot, ${firstSlot}`);
  if (lastSlot > slot) throw invalidParams(`lastSlot, ${lastSlot}, is too large; max ${slot}`);
  const identity = identityOf(bank);
  const led = lastSlot - firstSlot + 1n;
  const byIdentity = wanted === undefined || wanted === identity ? { [identity]: [led, led] } : {};
  return withContext(bank, { byIdentity, range: { firstSlot, lastSlot } });
};

const getClusterNodes: RpcMethod = ({ bank, endpoints }) => {
  const { rpc, pubsub } = endpoints();
  return [
    {
      clientId: 'Agave',
      featureSet: FEATURE_SET,
      gossip: null,
      pubkey: identityOf(bank),
      pubsub,
      rpc,
      serveRepair: null,
      shredVersion: 0,
      tpu: null,
      tpuForwards: null,
      tpuForwardsQuic: null,
      tpuQuic: null,
      tpuVote: null,
      tvu: null,
      version: SOLANA_VERSION,
    },
  ];
};

/** Nobody votes and nobody stakes; a node that is asked about is not among the voters either. */
const getVoteAccounts: RpcMethod = (_, params) => {
  const config = configAt(params, 0);
  if (config['votePubkey'] !== undefined) asAddress(config['votePubkey']);
  return { current: [], delinquent: [] };
};

const getSupply: RpcMethod = ({ bank }, params) => {
  configAt(params, 0);
  const total = bank.store.lamports;
  return withContext(bank, {
    circulating: total,
    nonCirculating: 0,
    nonCirculatingAccounts: [],
    total,
  });
};

const CIRCULATIONS: ReadonlySet<string> = new Set(['circulating', 'nonCirculating']);

const getLargestAccounts: RpcMethod = ({ bank }, params) => {
  const config = configAt(params, 0);
  const filter = wordOf(config['filter'] ?? 'circulating', CIRCULATIONS, 'a filter');
  const value =
    filter === 'nonCirculating'
      ? []
      : bank.store
          .richest(MAX_LARGEST_ACCOUNTS)
          .map(({ address, account }) => ({ address, lamports: account.lamports }));
  return withContext(bank, value);
};

/** Rewards of an epoch are paid in the first block after it; here they are always nothing. */
const getInflationReward: RpcMethod = ({ bank }, params) => {
  const addresses = arrayAt(params, 0, Number.MAX_SAFE_INTEGER).map(asAddress);
  const config = configAt(params, 1);
  const now = epochNow(bank);
  const epoch = integerOf(config['epoch'] ?? (now === 0n ? 0n : now - 1n), 'u64');
  const paid = (epoch + 1n) * SLOTS_PER_EPOCH;
  if (paid > bank.now().slot) throw rpcError(RPC.blockNotAvailable, `Block not available for slot ${paid}`);
  return addresses.map(() => null);
};

/** Solana's schedule at genesis, which a test validator tells too; no rewards follow from it here. */
const INFLATION = { foundation: 0.05, foundationTerm: 7, initial: 0.08, taper: 0.15, terminal: 0.015 };

const getInflationGovernor: RpcMethod = (_, params) => {
  configAt(params, 0);
  return INFLATION;
};

const getInflationRate: RpcMethod = ({ bank }) => {
  const total = INFLATION.initial;
  const foundation = total * INFLATION.foundation;
  return { epoch: epochNow(bank), foundation, total, validator: total - foundation };
};

/** One SOL, Solana's minimum. */
const STAKE_MINIMUM = 1_000_000_000;

export const clusterMethods: Readonly<Record<string, RpcMethod>> = {
  getIdentity: ({ bank }) => ({ identity: identityOf(bank) }),
  getSlotLeader,
  getSlotLeaders,
  getLeaderSchedule,
  getBlockProduction,
  getClusterNodes,
  getVoteAccounts,
  getSupply,
  getLargestAccounts,
  getInflationReward,
  getInflationGovernor,
  getInflationRate,
  getStakeMinimumDelegation: ({ bank }, params) => {
    configAt(params, 0);
    return withContext(bank, STAKE_MINIMUM);
  },
  getEpochSchedule: () => ({
    firstNormalEpoch: 0,
    firstNormalSlot: 0,
    leaderScheduleSlotOffset: SLOTS_PER_EPOCH,
    slotsPerEpoch: SLOTS_PER_EPOCH,
    warmup: false,
  }),
  // Snapshots here are the chain's own files and not for download.
  getHighestSnapshotSlot: () => {
    throw rpcError(RPC.noSnapshot, 'No snapshot');
  },
  getMaxRetransmitSlot: ({ bank }) => bank.now().slot,
  getMaxShredInsertSlot: ({ bank }) => bank.now().slot,
};
