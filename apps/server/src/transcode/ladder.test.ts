import { describe, expect, it } from 'vitest';
import { createTranscodeBudget } from './budget.ts';
import { ladderFor, parseLadder } from './ladder.ts';

const source = (width: number, height: number, framesPerSecond = 30) => ({ width, height, framesPerSecond });
const linesOf = (picture: ReturnType<typeof source>, text: string): number[] =>
  ladderFor(picture, parseLadder(text) ?? { kind: 'off' }).map(({ lines }) => lines);

describe('a ladder', () => {
  it.each([
    [source(1_920, 1_080), 'auto', [720, 480, 360]],
    [source(1_280, 720), 'auto', [480, 360]],
    [source(640, 360), 'auto', []],
    [source(1_920, 1_080), 'off', []],
    [source(1_280, 720), '480,1080,720,240', [480, 240]],
    // What is upright has its width for its name.
    [source(1_080, 1_920), 'auto', [720, 480, 360]],
  ] as const)('of %j by %s is %j', (picture, text, lines) => {
    expect(linesOf(picture, text)).toEqual(lines);
  });

  it.each(['', '0', '480,480', '480p', '99999', '-480', '1.5', 'on', '480,'])('is none by "%s"', (text) => {
    expect(parseLadder(text)).toBeUndefined();
  });

  it('keeps the shape of the source in even numbers, and gives fast pictures more bits', () => {
    expect(ladderFor(source(1_364, 768, 60), { kind: 'lines', lines: [480] })).toEqual([
      { lines: 480, width: 852, height: 480, bitsPerSecond: 1_800_000 },
    ]);
    expect(ladderFor(source(1_080, 1_920), { kind: 'lines', lines: [480] })).toMatchObject([
      { width: 480, height: 854 },
    ]);
  });

  it('has fewer bits the smaller it is', () => {
    const bits = [2_000, 1_000, 721, 720, 719, 500, 300, 200, 144].map(
      (lines) => ladderFor(source(7_680, 4_320), { kind: 'lines', lines: [lines] })[0]?.bitsPerSecond ?? 0,
    );
    expect(bits).toEqual(bits.toSorted((a, b) => b - a));
  });
});

it('a machine gives no more processors than it has, and gets them back', () => {
  const budget = createTranscodeBudget(1.5);
  const first = budget.take(1);
  expect(budget.take(0.6)).toBeUndefined();
  first?.shrink(0.8);
  const second = budget.take(0.6);
  expect(budget.taken).toBeCloseTo(1.4);
  first?.release();
  first?.release();
  second?.release();
  expect(budget.taken).toBeCloseTo(0);
});
