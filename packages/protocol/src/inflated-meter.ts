/** One round: the meter before a pause, after it, the bytes that the guard itself received, and the meter after. */
export interface MeterRound {
  readonly c0: bigint;
  readonly c1: bigint;
  readonly received: bigint;
  readonly c2: bigint;
}

/** In parts per million, so that the rule needs no floats. */
const MILLION = 1_000_000n;
/** A factor up to this is headers, retransmitted probes and rounding. */
const HARMLESS = 1_050_000n;
/** Narrow, because a wider band is met by chance where several guards probe a quiet edge at the same moments. */
const TOLERANCE_PPM = 10_000n;
/** With lengths that differ by a half, equal foreign bytes differ more than this in proportion. */
const EXCESS_TOLERANCE_PPM = 30_000n;
const ROUNDS_NEEDED = 3;

export type MeterFinding =
  | { readonly kind: 'unknown'; readonly quietRounds: number }
  | { readonly kind: 'plausible'; readonly quietRounds: number }
  | { readonly kind: 'inflated'; readonly quietRounds: number; readonly factorPpm: bigint };

/**
 * Whether an edge's meter grows by a factor of what it delivers (docs/evidence.md, check 6). An honest edge
 * with other traffic does not scale with what the guard asked for, so rounds must differ in length by at
 * least a half, and every quiet one must agree, in the factor and in what lies above the delivered bytes.
 */
export function inflatedMeter(rounds: readonly MeterRound[]): MeterFinding {
  const quiet = rounds.filter(
    (round) => round.c1 === round.c0 && round.received > 0n && round.c2 >= round.c1,
  );
  const quietRounds = quiet.length;
  if (quietRounds < ROUNDS_NEEDED) return { kind: 'unknown', quietRounds };
  const lengths = quiet.map((round) => round.received).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const distinct = new Set(lengths).size;
  const [shortest, longest] = [lengths[0] ?? 0n, lengths.at(-1) ?? 0n];
  if (distinct < ROUNDS_NEEDED || 2n * longest < 3n * shortest) return { kind: 'unknown', quietRounds };
  const factors = quiet.map((round) => ((round.c2 - round.c1) * MILLION) / round.received);
  const factor = lowerMedian(factors);
  // The part above what was delivered must scale as well: bytes of others that happen to be alike do not.
  const agree =
    agrees(factors, factor, TOLERANCE_PPM) &&
    agrees(
      factors.map((each) => each - MILLION),
      factor - MILLION,
      EXCESS_TOLERANCE_PPM,
    );
  if (!agree || factor <= HARMLESS) return { kind: 'plausible', quietRounds };
  return { kind: 'inflated', quietRounds, factorPpm: factor };
}

function lowerMedian(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n;
}

function agrees(values: readonly bigint[], middle: bigint, tolerancePpm: bigint): boolean {
  return values.every((value) => {
    const difference = value > middle ? value - middle : middle - value;
    return difference * MILLION <= middle * tolerancePpm;
  });
}
