import type { Found } from '@media-network/chain';
import type { Hour, WeekShares } from '@media-network/protocol';
import type { Verdict } from './verdict.ts';

/** A verdict with what the vote said, for `GET /v1/verdicts`. */
export interface JudgedReport {
  readonly report: Found<'report'>;
  readonly verdict: Verdict;
  /** Reason voted with; undefined before the vote. */
  readonly voted: number | undefined;
}

/** What the meter remembers between rounds. All of it can be found again from chain and evidence. */
export interface MeterState {
  /** By report address. */
  readonly judged: Map<string, JudgedReport>;
  /** Hours as this guard computed them, from so many confirmed reports. */
  readonly computed: Map<bigint, { readonly hour: Hour; readonly confirmed: number }>;
  /** Hours behind final roots. */
  readonly final: Map<bigint, Hour>;
  /** Highest `lastHour` seen of each resource: it never falls, but a node may show what was before. */
  readonly lastHours: Map<string, bigint>;
  /** Hours seen final, as long as they are looked at. */
  readonly seenFinal: Set<bigint>;
  readonly epochs: Map<
    bigint,
    { readonly kept: bigint; readonly lastEpoch: bigint; readonly shares: WeekShares }
  >;
  /** Week for which the own reward was looked up. */
  reward: { readonly week: bigint; readonly due: boolean } | undefined;
  /** All hours below need no more attention; of those above, these. */
  cursor: bigint | undefined;
  readonly settled: Set<bigint>;
}

export function createMeterState(): MeterState {
  return {
    judged: new Map(),
    computed: new Map(),
    final: new Map(),
    lastHours: new Map(),
    seenFinal: new Set(),
    epochs: new Map(),
    reward: undefined,
    cursor: undefined,
    settled: new Set(),
  };
}

/** Takes an hour off the list for good. */
export function settleHour(state: MeterState, hour: bigint): void {
  state.settled.add(hour);
  while (state.cursor !== undefined && state.settled.delete(state.cursor)) state.cursor += 1n;
  state.computed.delete(hour);
  state.final.delete(hour);
}

/** Verdicts are shown for a while after their hour. */
export function forgetVerdicts(state: MeterState, before: bigint): void {
  for (const [address, { report }] of state.judged) if (report.hour < before) state.judged.delete(address);
  for (const hour of state.seenFinal) if (hour < before) state.seenFinal.delete(hour);
}
