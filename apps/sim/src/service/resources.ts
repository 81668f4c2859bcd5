import type { AccountValue } from '@media-network/chain';
import { samplesOfMonth } from '@media-network/protocol';
import type { Address } from '@solana/kit';

import type { Cast } from '../cast.ts';
import type { Chain } from '../chain/chain.ts';

/** The resources' accounts as they were read last, and the samples of the month that runs, as anybody has them from final hours. */
export interface ResourceBook {
  /** Reads all of them. */
  refresh(): void;
  at(address: string): AccountValue<'resource'> | undefined;
  of(place: number): AccountValue<'resource'>;
  samples(place: number): Uint32Array;
  /** Notes what an hour recorded. */
  note(resource: string, hour: bigint, slots: readonly bigint[]): void;
  /** A new month begins with the sample of this hour, if it does. */
  turn(hour: bigint): void;
}

export function createResourceBook(
  chain: Chain,
  cast: Cast,
  periods: { readonly monthSlots: number; readonly sampleSecs: number },
): ResourceBook {
  const accounts = new Map<Address, AccountValue<'resource'>>();
  const places = new Map<string, number>(cast.publishers.map(({ resource }, place) => [resource, place]));
  const samples = cast.publishers.map(() => new Uint32Array(periods.monthSlots));
  let month = 0n;

  function refresh(): void {
    for (const { resource } of cast.publishers) {
      const account = chain.read('resource', resource);
      if (account !== undefined) accounts.set(resource, account);
    }
  }

  refresh();
  return {
    refresh,
    at: (address) => accounts.get(address as Address),
    of(place) {
      const resource = cast.publishers[place]?.resource;
      const found = resource === undefined ? undefined : accounts.get(resource);
      if (found === undefined) throw new Error(`no resource ${place}`);
      return found;
    },
    samples: (place) => samples[place] ?? new Uint32Array(periods.monthSlots),
    note(resource, hour, slots) {
      const mine = samples[places.get(resource) ?? -1];
      if (mine === undefined) return;
      const { begin, end } = samplesOfMonth(periods, month);
      slots.forEach((bytes, slot) => {
        const sample = hour * 12n + BigInt(slot);
        if (sample < begin || sample >= end) return;
        mine[Number(sample - begin)] = Number((bytes * 8n) / BigInt(periods.sampleSecs * 1_000));
      });
    },
    turn(hour) {
      const now = (hour * 12n) / BigInt(periods.monthSlots);
      if (now === month) return;
      month = now;
      for (const each of samples) each.fill(0);
    },
  };
}
