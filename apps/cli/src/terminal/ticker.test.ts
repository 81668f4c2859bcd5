import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTerminal } from './terminal.ts';
import { createTicker } from './ticker.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function sink(isTTY: boolean): { isTTY: boolean; columns: number; text: string; write(text: string): void } {
  return {
    isTTY,
    columns: 80,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

test('a step that takes long is never silent for five seconds in a pipe', () => {
  const stderr = sink(false);
  const ticker = createTicker(createTerminal({ stdout: sink(false), stderr, env: {} }));
  ticker.step('start the chain');
  let heard = 0;
  for (let second = 1; second <= 30; second += 1) {
    const before = stderr.text.length;
    vi.advanceTimersByTime(1_000);
    if (stderr.text.length > before) heard = second;
    expect(second - heard).toBeLessThan(5);
  }
  expect(stderr.text).toMatch(/still at it: start the chain \.\.\. \d/);
  ticker.stop();
  const after = stderr.text;
  vi.advanceTimersByTime(60_000);
  expect(stderr.text).toBe(after);
});

test('on a terminal the seconds go by in place', () => {
  const stderr = sink(true);
  const ticker = createTicker(createTerminal({ stdout: sink(true), stderr, env: {} }));
  ticker.step('start');
  vi.advanceTimersByTime(3_000);
  expect(stderr.text).not.toContain('\n');
  expect(stderr.text).toContain('start ... 3.0 s');
  ticker.stop();
});
