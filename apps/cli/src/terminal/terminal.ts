import { createStyle, wantsColour } from './style.ts';
import type { Style } from './style.ts';

/** The part of a stream that is needed; `process.stdout` is one. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** Streams of a terminal tell when its size changes. */
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** A screen of its own (the terminal's alternate one): drawn whole, and gone without a trace when it is closed. */
export interface Screen {
  size(): { readonly columns: number; readonly rows: number };
  show(lines: readonly string[]): void;
  onResize(listener: () => void): void;
  close(): void;
}

/** Where a command writes: results to standard output, everything about the way there to standard error. */
export interface Terminal {
  readonly style: Style;
  /** Whether standard output is a terminal, so that a view can be redrawn in place. */
  readonly interactive: boolean;
  /** A line of the result. */
  line(text?: string): void;
  /** The result as one JSON document on one line; bigints become decimal strings. */
  json(value: unknown): void;
  /** Progress: rewritten in place on a TTY, silent otherwise. Whether it was shown. */
  progress(text: string): boolean;
  /** A line on standard error. */
  note(text: string): void;
  /** Takes the whole terminal; an interactive one only. */
  openScreen(): Screen;
  /** Redraws these lines over the ones drawn before; an interactive terminal only. */
  draw(lines: readonly string[]): void;
  /** Ends progress and drawing, so that what follows starts on a line of its own. */
  settle(): void;
}

export interface TerminalDeps {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output is for JSON alone, one document a line; what is said besides goes to standard error. */
  readonly json?: boolean;
  /** What is done to every line and note on its way, such as naming the command as it was called. */
  readonly rewrite?: (text: string) => string;
}

/** JSON for people's programs: bigints and byte strings never appear as numbers. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
}

// What a style adds to a string without showing.
// oxlint-disable-next-line no-control-regex -- escape codes begin with a control character
const ESCAPES = /\u001B\[\d+m/g;

export function visibleLength(text: string): number {
  return text.replace(ESCAPES, '').length;
}

/** Cuts a line to what fits, so that a redrawn view never wraps. Escape codes stay whole. */
export function fit(text: string, columns: number): string {
  if (visibleLength(text) <= columns) return text;
  let shown = 0;
  let cut = '';
  // oxlint-disable-next-line no-control-regex -- as above
  for (const part of text.match(/\u001B\[\d+m|[\s\S]/g) ?? []) {
    if (part.length > 1) cut += part;
    else if (shown < columns - 1) {
      cut += part;
      shown += 1;
    }
  }
  return `${cut}…`;
}

/** Some terminals say that they have no columns at all. */
function columnsOf(output: Output): number {
  const { columns } = output;
  return columns === undefined || columns < 20 ? 80 : columns;
}

function rowsOf(output: Output): number {
  const { rows } = output;
  return rows === undefined || rows < 5 ? 24 : rows;
}

/** Alternate screen, no cursor; from the top, each line cleared behind its end, and all below the last. */
function openScreen(stdout: Output): Screen {
  const listeners: (() => void)[] = [];
  stdout.write('\u001B[?1049h\u001B[?25l\u001B[2J');
  return {
    size: () => ({ columns: columnsOf(stdout), rows: rowsOf(stdout) }),
    show(lines) {
      const columns = columnsOf(stdout);
      const shown = lines.slice(0, rowsOf(stdout)).map((line) => `${fit(line, columns)}\u001B[K`);
      // No line break behind the last: it would scroll a full screen.
      stdout.write(`\u001B[H${shown.join('\r\n')}\u001B[J`);
    },
    onResize(listener) {
      // What a narrower terminal has wrapped is wiped before it is drawn anew.
      const redraw = (): void => {
        stdout.write('\u001B[2J');
        listener();
      };
      listeners.push(redraw);
      stdout.on?.('resize', redraw);
    },
    close() {
      for (const listener of listeners) stdout.off?.('resize', listener);
      stdout.write('\u001B[?25h\u001B[?1049l');
    },
  };
}

export function createTerminal(deps: TerminalDeps): Terminal {
  const { stdout, stderr } = deps;
  const json = deps.json === true;
  const rewrite = deps.rewrite ?? ((text: string): string => text);
  const interactive = !json && stdout.isTTY === true && deps.env['TERM'] !== 'dumb';
  const progressive = stderr.isTTY === true && deps.env['TERM'] !== 'dumb';
  const style = createStyle(wantsColour(stdout.isTTY === true, deps.env));
  let progressing = false;
  let drawn = 0;

  function clearProgress(): void {
    if (progressing) stderr.write('\r\u001B[2K');
    progressing = false;
  }

  return {
    style,
    interactive,
    line(text = '') {
      clearProgress();
      (json ? stderr : stdout).write(`${rewrite(text)}\n`);
    },
    json(value) {
      clearProgress();
      stdout.write(`${toJson(value)}\n`);
    },
    progress(text) {
      if (!progressive) return false;
      stderr.write(`\r\u001B[2K${fit(text, columnsOf(stderr) - 1)}`);
      progressing = true;
      return true;
    },
    note(text) {
      clearProgress();
      stderr.write(`${rewrite(text)}\n`);
    },
    openScreen() {
      clearProgress();
      return openScreen(stdout);
    },
    draw(lines) {
      clearProgress();
      const columns = columnsOf(stdout);
      const back = drawn > 0 ? `\u001B[${drawn}A\r` : '';
      stdout.write(`${back}${lines.map((line) => `\u001B[2K${fit(line, columns)}\n`).join('')}\u001B[0J`);
      drawn = lines.length;
    },
    settle() {
      clearProgress();
      drawn = 0;
    },
  };
}
