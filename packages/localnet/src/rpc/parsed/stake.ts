import { dataReader } from './layout.ts';
import type { DataReader, ParsedAccount } from './layout.ts';

function meta(r: DataReader): unknown {
  return {
    rentExemptReserve: r.u64().toString(),
    authorized: { staker: r.address(), withdrawer: r.address() },
    lockup: { unixTimestamp: r.i64(), epoch: r.u64(), custodian: r.address() },
  };
}

function delegated(r: DataReader): unknown {
  return {
    delegation: {
      voter: r.address(),
      stake: r.u64().toString(),
      activationEpoch: r.u64().toString(),
      deactivationEpoch: r.u64().toString(),
      warmupCooldownRate: r.f64(),
    },
    creditsObserved: r.u64(),
  };
}

/** A stake account by its tag (agave, `parse_stake.rs`, `StakeStateV2`). */
export function parseStake(data: Uint8Array): ParsedAccount | undefined {
  const r = dataReader(data);
  switch (r.u32()) {
    case 0:
      return { type: 'uninitialized' };
    case 1:
      return { type: 'initialized', info: { meta: meta(r), stake: null } };
    case 2:
      return { type: 'delegated', info: { meta: meta(r), stake: delegated(r) } };
    case 3:
      return { type: 'rewardsPool' };
    default:
      return undefined;
  }
}
