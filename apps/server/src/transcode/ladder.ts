/** One quality below the source's own. */
export interface Rung {
  /** The shorter side, as viewers know it: 480p. */
  readonly lines: number;
  readonly width: number;
  readonly height: number;
  /** What it takes at most over a second or two. */
  readonly bitsPerSecond: number;
}

/** What `--ladder` asks for. */
export type LadderWish =
  | { readonly kind: 'off' }
  | { readonly kind: 'auto' }
  | { readonly kind: 'lines'; readonly lines: readonly number[] };

export interface SourcePicture {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

/** Bits a second of a rung at 30 frames a second, as ladders of large sites have them. */
const BITS: readonly (readonly [lines: number, bitsPerSecond: number])[] = [
  [2_160, 14_000_000],
  [1_440, 8_000_000],
  [1_080, 4_500_000],
  [720, 2_500_000],
  [480, 1_200_000],
  [360, 700_000],
  [240, 350_000],
  [144, 150_000],
];
const AUTO_LINES = [1_080, 720, 480, 360];
/** By itself, a rung is made only where it is smaller than the source by so much. */
const AUTO_STEP = 0.8;
const LEAST_LINES = 144;
const MOST_LINES = 2_160;
/** Frames a second beyond the usual ones take more bits, though not in proportion. */
const FAST = { framesPerSecond: 40, factor: 1.5 } as const;

/** `auto`, `off`, or heights with commas. Undefined where it is none. */
export function parseLadder(text: string): LadderWish | undefined {
  if (text === 'auto' || text === 'off') return { kind: text };
  const lines = text.split(',').map(Number);
  const isRight =
    lines.length <= BITS.length &&
    new Set(lines).size === lines.length &&
    lines.every((each) => Number.isSafeInteger(each) && each >= LEAST_LINES && each <= MOST_LINES);
  return isRight ? { kind: 'lines', lines: lines.toSorted((a, b) => b - a) } : undefined;
}

/** Rungs below a source, the largest first. The source itself is the top one and is never made anew. */
export function ladderFor(source: SourcePicture, wish: LadderWish): readonly Rung[] {
  const own = Math.min(source.width, source.height);
  const wanted = wish.kind === 'lines' ? wish.lines : wish.kind === 'auto' ? AUTO_LINES : [];
  const most = wish.kind === 'auto' ? own * AUTO_STEP : own - 1;
  return wanted.filter((lines) => lines <= most).map((lines) => rungOf(source, lines));
}

function rungOf({ width, height, framesPerSecond }: SourcePicture, lines: number): Rung {
  const even = (side: number): number =>
    Math.max(2, 2 * Math.round((side * lines) / Math.min(width, height) / 2));
  const factor = framesPerSecond > FAST.framesPerSecond ? FAST.factor : 1;
  return {
    lines,
    width: even(width),
    height: even(height),
    bitsPerSecond: Math.round(bitsFor(lines) * factor),
  };
}

/** Between the sizes that are known, in proportion on a logarithmic scale. */
function bitsFor(lines: number): number {
  const above = BITS.findLast(([each]) => each >= lines) ?? BITS[0];
  const below = BITS.find(([each]) => each <= lines) ?? BITS.at(-1);
  if (above === undefined || below === undefined) return 0;
  if (above[0] === below[0]) return above[1];
  const share = Math.log(lines / below[0]) / Math.log(above[0] / below[0]);
  return below[1] * (above[1] / below[1]) ** share;
}
