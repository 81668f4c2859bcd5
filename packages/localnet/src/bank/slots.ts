import { createHash } from 'node:crypto';
import type { Clock } from '@media-network/runtime';
import { encodeBase58 } from '../codec/base58.ts';
import { BLOCKHASH_LIFETIME_SLOTS } from '../limits.ts';

/** What time it is on the chain. */
export interface ChainTime {
  readonly slot: bigint;
  /** Seconds since the Unix epoch, as the Clock sysvar tells programs. */
  readonly unixTimestamp: bigint;
}

/** A point from which slots are counted by the clock. */
export interface SlotAnchor {
  readonly slot: bigint;
  readonly timeMs: number;
}

/**
 * Slots follow the clock, `slotMs` each, and never go back; nor does chain time. A blockhash is derived from the
 * instance's secret seed and its slot, so the ring survives a restart without being stored and no other
 * instance shares it. Every slot has a block, so the block height is the slot.
 */
export interface Slots {
  /** Reads the clock and returns the time now. */
  now(): ChainTime;
  /** Begins a new slot whatever the clock says. */
  advance(): void;
  latestBlockhash(): { readonly blockhash: string; readonly lastValidBlockHeight: bigint };
  blockhashOf(slot: bigint): string;
  /** The slot of a blockhash that may still be used. */
  slotOfBlockhash(blockhash: string): bigint | undefined;
  /** When a slot began, in Unix seconds, by the present anchor. */
  timeOf(slot: bigint): bigint;
}

export interface SlotsOptions {
  readonly slotMs: number;
  readonly seed: Uint8Array;
  readonly anchor: SlotAnchor;
  /** The latest slot and second that the chain is known to have reached. */
  readonly reached: ChainTime;
}

export function createSlots(deps: { clock: Clock }, options: SlotsOptions): Slots {
  let { slot: anchorSlot, timeMs: anchorMs } = options.anchor;
  let slot = 0n;
  let unixTimestamp = options.reached.unixTimestamp;
  const ring = new Map<string, bigint>();

  function hashOf(of: bigint): string {
    const hash = createHash('sha256').update('media-network/localnet/blockhash').update(options.seed);
    return encodeBase58(hash.update(of.toString()).digest());
  }

  function reach(to: bigint): void {
    // Solana lets a hash serve up to and including the age of its lifetime (agave, `BlockhashQueue`).
    const oldest = to - BLOCKHASH_LIFETIME_SLOTS - 1n;
    for (const [hash, of] of ring) {
      if (of > oldest) break; // the map keeps the order of slots
      ring.delete(hash);
    }
    for (let s = slot > oldest ? slot + 1n : oldest + 1n; s <= to; s += 1n) {
      if (s >= 0n) ring.set(hashOf(s), s);
    }
    slot = to;
  }

  function refresh(): void {
    const nowMs = deps.clock.nowMs();
    const seconds = BigInt(Math.floor(nowMs / 1000));
    if (seconds > unixTimestamp) unixTimestamp = seconds;
    const due = anchorSlot + BigInt(Math.floor((nowMs - anchorMs) / options.slotMs));
    if (due > slot) {
      reach(due);
    } else if (due < slot - 1n) {
      // The clock went back, or slots were advanced by hand: count on from here, not in a leap later.
      anchorSlot = slot;
      anchorMs = nowMs;
    }
  }

  reach(options.reached.slot);
  refresh();

  return {
    now() {
      refresh();
      return { slot, unixTimestamp };
    },
    advance: () => reach(slot + 1n),
    latestBlockhash() {
      refresh();
      return { blockhash: hashOf(slot), lastValidBlockHeight: slot + BLOCKHASH_LIFETIME_SLOTS };
    },
    blockhashOf: hashOf,
    slotOfBlockhash(blockhash) {
      refresh();
      return ring.get(blockhash);
    },
    timeOf: (of) => BigInt(Math.floor((anchorMs + Number(of - anchorSlot) * options.slotMs) / 1000)),
  };
}
