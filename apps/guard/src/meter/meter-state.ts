import type { Found } from '@media-network/chain';
import type { CreditedHour, Hour, WeekShares } from '@media-network/protocol';

/** A final hour as later ones build on it. */
export interface FinalHour {
  readonly hour: bigint;
  readonly finalAt: bigint;
  readonly root: Uint8Array;
}

/** What the meter remembers between rounds. All of it can be found again from chain and evidence. */
export interface MeterState {
  /** Hours as this guard computed them, from so many reports and reveals. */
  readonly computed: Map<
    bigint,
    { readonly hour: CreditedHour; readonly reports: number; readonly reveals: number }
  >;
  /** Hours behind final roots, as long as something is to be recorded of them. */
  readonly loaded: Map<bigint, Hour>;
  /** Hours seen final, as long as others may build on them. */
  readonly finals: Map<bigint, FinalHour>;
  /** Hours that were seen to have an account: a node that shows none later is behind. */
  readonly seen: Set<bigint>;
  /** Hours whose own verdict was seen revealed. */
  readonly revealed: Set<bigint>;
  /** Weeks as this guard computed them in a later one, `at`, when so much was kept. */
  readonly weeks: Map<bigint, { readonly at: bigint; readonly kept: bigint; readonly shares: WeekShares }>;
  /** Endorsed weeks: whether the owner is owed anything. */
  readonly claims: Map<bigint, boolean | undefined>;
  /** Week in which all epochs were looked at for claims. */
  claimsListed: bigint | undefined;
  /** All hours below need no more attention; of those above, these. */
  cursor: bigint | undefined;
  readonly settled: Set<bigint>;
}

export function createMeterState(): MeterState {
  return {
    computed: new Map(),
    loaded: new Map(),
    finals: new Map(),
    seen: new Set(),
    revealed: new Set(),
    weeks: new Map(),
    claims: new Map(),
    claimsListed: undefined,
    cursor: undefined,
    settled: new Set(),
  };
}

/** Takes an hour off the list for good. */
export function settleHour(state: MeterState, hour: bigint): void {
  state.settled.add(hour);
  while (state.cursor !== undefined && state.settled.delete(state.cursor)) state.cursor += 1n;
  state.computed.delete(hour);
  state.loaded.delete(hour);
}

export function noteFinal(state: MeterState, account: Found<'hour'>): void {
  state.finals.set(account.hour, { hour: account.hour, finalAt: account.finalAt, root: account.root });
}

/** Drops what is older than anything can still need. */
export function forgetBefore(state: MeterState, hour: bigint): void {
  for (const old of state.finals.keys()) if (old < hour) state.finals.delete(old);
  for (const old of state.seen) if (old < hour) state.seen.delete(old);
  for (const old of state.revealed) if (old < hour) state.revealed.delete(old);
}
