import type { Address } from '@solana/kit';
import { BLOCKHASH_LIFETIME_SLOTS } from '../limits.ts';

/**
 * What was paid for priority of late (agave, `PrioritizationFeeCache`): the least price a compute unit, in
 * micro-lamports, of each slot, and of those of its transactions that could write to an account.
 */
export interface PriorityFees {
  add(slot: bigint, price: bigint, writable: readonly Address[]): void;
  /** Enough to have been taken into the slot, and to have written to each of the accounts; 0 of an empty slot. */
  least(slot: bigint, addresses: readonly Address[]): bigint;
}

interface SlotFees {
  least: bigint;
  readonly byAccount: Map<Address, bigint>;
}

export function createPriorityFees(): PriorityFees {
  const slots = new Map<bigint, SlotFees>();
  return {
    add(slot, price, writable) {
      const fees = slots.get(slot) ?? { least: price, byAccount: new Map<Address, bigint>() };
      if (!slots.has(slot)) {
        slots.set(slot, fees);
        for (const old of slots.keys()) {
          if (old + BLOCKHASH_LIFETIME_SLOTS >= slot) break; // in order of slots
          slots.delete(old);
        }
      }
      if (price < fees.least) fees.least = price;
      for (const address of writable) {
        const known = fees.byAccount.get(address);
        if (known === undefined || price < known) fees.byAccount.set(address, price);
      }
    },
    least(slot, addresses) {
      const fees = slots.get(slot);
      let most = fees?.least ?? 0n;
      for (const address of addresses) {
        const price = fees?.byAccount.get(address) ?? 0n;
        if (price > most) most = price;
      }
      return most;
    },
  };
}
