/** The middle of some figures and how far they lie apart. Quartiles by linear interpolation. */
export interface Spread {
  readonly median: number;
  readonly lowQuartile: number;
  readonly highQuartile: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? 0;
    return below + ((sorted[Math.ceil(place)] ?? 0) - below) * (place % 1);
  };
  return { median: at(0.5), lowQuartile: at(0.25), highQuartile: at(0.75), least: at(0), most: at(1) };
}

const short = (value: number): number => Math.round(value * 1_000) / 1_000;

/** To three places: more is noise. */
export function rounded(spread: Spread): Spread {
  return {
    median: short(spread.median),
    lowQuartile: short(spread.lowQuartile),
    highQuartile: short(spread.highQuartile),
    least: short(spread.least),
    most: short(spread.most),
  };
}
