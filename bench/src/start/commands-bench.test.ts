import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { benchCommands, shellSeconds } from './commands-bench.ts';
import type { ShortCommand } from './commands-bench.ts';

const empty: ShortCommand = { name: 'empty', words: ['true'] };
const full: ShortCommand = { name: 'full', words: ['sh', '-c', ':'] };

it('takes turns, leaves the first round out, and compares within a round', () => {
  const order: string[] = [];
  // The machine gets slower from round to round; what a command takes of it stays.
  const { rows, machine } = benchCommands({
    commands: [full],
    beside: empty,
    rounds: 3,
    runs: 4,
    cwd: '/',
    run: ({ name }, runs) => {
      order.push(`${name} ${runs}`);
      const slowness = Math.ceil(order.length / 2);
      return { wallMs: 50 * slowness, processorMs: (name === 'full' ? 30 : 20) * slowness };
    },
  });
  const rounds = ['empty 1, full 1', 'full 4, empty 4', 'empty 4, full 4', 'full 4, empty 4'];
  expect(order.join(', ')).toBe(rounds.join(', '));
  expect(rows.map(({ name }) => name)).toEqual(['empty', 'full']);
  expect(rows[0]).toMatchObject({ processorMs: { median: 60 }, ratio: { least: 1, most: 1 } });
  expect(rows[1]).toMatchObject({
    wallMs: { least: 100, median: 150, most: 200 },
    processorMs: { least: 60, median: 90, most: 120 },
    ratio: { least: 1.5, median: 1.5, most: 1.5 },
  });
  expect(machine.node).toBe(process.versions.node);
});

it('runs real commands, words with spaces as they are', () => {
  const node: ShortCommand = { name: 'node', words: [process.execPath, '-e', 'if (1 > 2) throw 1'] };
  const { rows } = benchCommands({ commands: [], beside: node, rounds: 1, runs: 1, cwd: tmpdir() });
  expect(rows[0]?.processorMs.median).toBeGreaterThan(0);
  expect(rows[0]?.wallMs.median).toBeGreaterThan(0);
});

it('says which command does not run', () => {
  const broken: ShortCommand = { name: 'broken', words: ['sh', '-c', 'echo why >&2; exit 3'] };
  expect(() =>
    benchCommands({ commands: [broken], beside: empty, rounds: 1, runs: 1, cwd: tmpdir() }),
  ).toThrowError(
    expect.objectContaining({
      code: 'bench/command-failed',
      message: 'broken did not run: it ended with 3. why',
    }),
  );
});

it.each([
  ['0m0.00s 0m0.00s\n0m1.50s 2m0.25s\n', 121.75],
  ['0m0.000s 0m0.000s\n0m0.061s 0m0.020s\n', 0.081],
  ['', undefined],
])('%j', (text, seconds) => {
  if (seconds === undefined) expect(shellSeconds(text)).toBeUndefined();
  else expect(shellSeconds(text)).toBeCloseTo(seconds, 6);
});
