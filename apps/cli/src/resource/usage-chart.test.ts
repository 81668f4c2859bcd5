import { expect, test } from 'vitest';
import { createStyle } from '../terminal/style.ts';
import { visibleLength } from '../terminal/terminal.ts';
import { chartLines, formatRate } from './usage-chart.ts';

const PLAIN = createStyle(false);
const rows = (samples: ArrayLike<number>, kbps: number): string[] =>
  chartLines({ samples, passed: samples.length, lines: [{ name: 'quota', kbps, mark: '-' }] }, PLAIN);

test('a month of any length and height fits into 80 columns', () => {
  const rates = [0, 1, 999, 4_294_967_295];
  for (const length of [12, 100, 8_640, 8_928])
    for (const most of rates)
      for (const style of [PLAIN, createStyle(true)])
        for (const passed of [0, length / 2, length * 2]) {
          const samples = Uint32Array.from({ length }, (_, slot) => (slot % 7 === 0 ? most : 0));
          const lines = chartLines(
            { samples, passed, lines: [{ name: 'p95', kbps: most, mark: '─' }] },
            style,
          );
          expect(lines).toHaveLength(11);
          for (const line of lines) expect(visibleLength(line)).toBeLessThanOrEqual(80);
        }
});

test('a peak among many quiet samples is seen, and told from what lasts', () => {
  const samples = new Uint32Array(8_640);
  samples.fill(1_000, 0, 4_320);
  samples[6_000] = 1_000;
  const [top = '', ...others] = rows(samples, 0);
  expect(top).toContain('1 Mbit/s');
  expect(Array.from(top).filter((each) => each === '█')).toHaveLength(33);
  expect(Array.from(top).filter((each) => each === '░')).toHaveLength(1);
  expect(others.at(-1)).toContain('└─');
});

test('a quota among the traffic is drawn across, one far above it is not', () => {
  const samples = new Uint32Array(100).fill(10);
  expect(rows(samples, 20).some((line) => line.includes('20 kbit/s') && line.includes('---'))).toBe(true);
  expect(rows(samples, 1_000).join('\n')).not.toContain('-');
});

test.each([
  [0, '0 kbit/s'],
  [999, '999 kbit/s'],
  [1_500, '1.5 Mbit/s'],
  [41_260, '41.3 Mbit/s'],
  [1_234_000, '1.23 Gbit/s'],
] as const)('%i kbit/s is %s', (kbps, text) => {
  expect(formatRate(kbps)).toBe(text);
});
