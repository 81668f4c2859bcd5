import { address } from '@solana/kit';
import type { Address } from '@solana/kit';
import { RECENT_BLOCKHASHES_SYSVAR, SLOT_HASHES_SYSVAR, SLOT_HISTORY_SYSVAR } from '../../svm/program-ids.ts';
import { dataReader } from './layout.ts';
import type { DataReader, ParsedAccount } from './layout.ts';

/** Slots that the slot history tells about (agave, `slot_history::MAX_ENTRIES`). */
const SLOT_HISTORY_BITS = 1024 * 1024;

function list<T>(r: DataReader, item: () => T): T[] {
  const count = Number(r.u64());
  const items: T[] = [];
  for (let i = 0; i < count; i += 1) items.push(item());
  return items;
}

const feeCalculator = (r: DataReader): unknown => ({ lamportsPerSignature: r.u64().toString() });

function clock(r: DataReader): unknown {
  const slot = r.u64();
  const epochStartTimestamp = r.i64();
  const epoch = r.u64();
  const leaderScheduleEpoch = r.u64();
  return { slot, epoch, epochStartTimestamp, leaderScheduleEpoch, unixTimestamp: r.i64() };
}

function epochSchedule(r: DataReader): unknown {
  return {
    slotsPerEpoch: r.u64(),
    leaderScheduleSlotOffset: r.u64(),
    warmup: r.u8() === 1,
    firstNormalEpoch: r.u64(),
    firstNormalSlot: r.u64(),
  };
}

/** A bit a slot, in words of 64, and the slot after the last of them. */
function slotHistory(r: DataReader): unknown {
  const words = r.u8() === 1 ? list(r, () => r.u64()) : [];
  r.u64(); // how many bits are used
  let bits = '';
  for (const word of words) bits += word.toString(2).padStart(64, '0').split('').toReversed().join('');
  return { nextSlot: r.u64(), bits: bits.padEnd(SLOT_HISTORY_BITS, '0') };
}

function stakeHistory(r: DataReader): unknown {
  return list(r, () => ({
    epoch: r.u64(),
    stakeHistory: { effective: r.u64(), activating: r.u64(), deactivating: r.u64() },
  }));
}

function epochRewards(r: DataReader): unknown {
  const distributionStartingBlockHeight = r.u64();
  const numPartitions = r.u64();
  const parentBlockhash = r.address();
  const low = r.u64();
  return {
    distributionStartingBlockHeight,
    numPartitions,
    parentBlockhash,
    totalPoints: ((r.u64() << 64n) + low).toString(),
    totalRewards: r.u64().toString(),
    distributedRewards: r.u64().toString(),
    active: r.u8() === 1,
  };
}

interface Sysvar {
  readonly type: string;
  readonly info: (r: DataReader) => unknown;
}

/** The sysvars by their address (agave, `parse_sysvar.rs`). */
const SYSVARS: ReadonlyMap<Address, Sysvar> = new Map<Address, Sysvar>([
  [address('SysvarC1ock11111111111111111111111111111111'), { type: 'clock', info: clock }],
  [address('SysvarEpochSchedu1e111111111111111111111111'), { type: 'epochSchedule', info: epochSchedule }],
  [
    address('SysvarRent111111111111111111111111111111111'),
    { type: 'rent', info: (r) => ({ lamportsPerByte: r.u64().toString() }) },
  ],
  [
    RECENT_BLOCKHASHES_SYSVAR,
    {
      type: 'recentBlockhashes',
      info: (r) => list(r, () => ({ blockhash: r.address(), feeCalculator: feeCalculator(r) })),
    },
  ],
  [
    SLOT_HASHES_SYSVAR,
    { type: 'slotHashes', info: (r) => list(r, () => ({ slot: r.u64(), hash: r.address() })) },
  ],
  [SLOT_HISTORY_SYSVAR, { type: 'slotHistory', info: slotHistory }],
  [address('SysvarStakeHistory1111111111111111111111111'), { type: 'stakeHistory', info: stakeHistory }],
  [
    address('SysvarLastRestartS1ot1111111111111111111111'),
    { type: 'lastRestartSlot', info: (r) => ({ lastRestartSlot: r.u64() }) },
  ],
  [address('SysvarEpochRewards1111111111111111111111111'), { type: 'epochRewards', info: epochRewards }],
]);

export function parseSysvar(data: Uint8Array, at: Address): ParsedAccount | undefined {
  const sysvar = SYSVARS.get(at);
  return sysvar && { type: sysvar.type, info: sysvar.info(dataReader(data)) };
}
