import { formatMs } from '../amounts.ts';
import type { Terminal } from './terminal.ts';

/** Says that a step is still being worked at, so that nothing is silent for long. */
export interface Ticker {
  /** The step that has begun. */
  step(text: string): void;
  stop(): void;
}

/** Longest silence in a pipe; a terminal sees every second. */
const LINE_MS = 4_000;
const REDRAW_MS = 1_000;

/** Progress of steps on standard error: rewritten in place on a terminal, a line now and then in a pipe. */
export function createTicker(terminal: Terminal): Ticker {
  let current = '';
  let since = performance.now();
  let said = since;
  const timer = setInterval(() => {
    if (current === '') return;
    const now = performance.now();
    const text = `${current} ... ${formatMs(Math.round((now - since) / 1000) * 1000)}`;
    if (terminal.progress(text) || now - said < LINE_MS - REDRAW_MS / 2) return;
    said = now;
    terminal.note(`  still at it: ${text}`);
  }, REDRAW_MS);
  timer.unref();
  return {
    step(text) {
      current = text;
      since = performance.now();
      said = since;
    },
    stop() {
      clearInterval(timer);
    },
  };
}
