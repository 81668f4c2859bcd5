import type { Address } from '@solana/kit';

/**
 * Addresses by a key. Most keys have one address (a token account's holder, its mint): a set is made for the second,
 * which keeps an index of tens of thousands small.
 */
export interface AddressIndex {
  move(from: Address | undefined, to: Address | undefined, address: Address): void;
  readonly of: (key: Address) => Iterable<Address>;
  count(key: Address): number;
}

export function createAddressIndex(): AddressIndex {
  const index = new Map<Address, Address | Set<Address>>();

  function remove(key: Address, address: Address): void {
    const held = index.get(key);
    if (held === undefined) return;
    if (typeof held !== 'string') held.delete(address);
    if (held === address || (typeof held !== 'string' && held.size === 0)) index.delete(key);
  }

  function add(key: Address, address: Address): void {
    const held = index.get(key);
    if (held === undefined) index.set(key, address);
    else if (typeof held !== 'string') held.add(address);
    else if (held !== address) index.set(key, new Set([held, address]));
  }

  return {
    move(from, to, address) {
      if (from === to) return;
      if (from !== undefined) remove(from, address);
      if (to !== undefined) add(to, address);
    },
    of(key) {
      const held = index.get(key);
      if (held === undefined) return [];
      return typeof held === 'string' ? [held] : held;
    },
    count(key) {
      const held = index.get(key);
      if (held === undefined) return 0;
      return typeof held === 'string' ? 1 : held.size;
    },
  };
}
