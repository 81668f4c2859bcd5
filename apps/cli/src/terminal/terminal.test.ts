import { expect, test } from 'vitest';
import { createStyle, wantsColour } from './style.ts';
import { table } from './table.ts';
import { createTerminal, fit, toJson, visibleLength } from './terminal.ts';
import type { Output } from './terminal.ts';

function sink(isTTY: boolean, columns = 20): Output & { text: string } {
  const output = {
    text: '',
    isTTY,
    columns,
    write(text: string) {
      output.text += text;
    },
  };
  return output;
}

test('colours need a TTY and no NO_COLOR', () => {
  expect(wantsColour(true, {})).toBe(true);
  expect(wantsColour(true, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColour(true, { NO_COLOR: '' })).toBe(true);
  expect(wantsColour(true, { TERM: 'dumb' })).toBe(false);
  expect(wantsColour(false, {})).toBe(false);
});

test('piped output holds results and nothing else', () => {
  const stdout = sink(false);
  const stderr = sink(false);
  const terminal = createTerminal({ stdout, stderr, env: {} });
  terminal.progress('half way');
  terminal.line(terminal.style.green('done'));
  terminal.json({ amount: 12n });
  expect(stdout.text).toBe('done\n{"amount":"12"}\n');
  expect(stderr.text).toBe('');
});

test('a view is redrawn over itself and never wraps', () => {
  const stdout = sink(true, 20);
  const terminal = createTerminal({ stdout, stderr: sink(true), env: {} });
  terminal.draw(['one', 'a line that is too long for it']);
  stdout.text = '';
  terminal.draw(['two']);
  expect(stdout.text).toBe('\u001B[2A\r\u001B[2Ktwo\n\u001B[0J');
  expect(visibleLength(fit('a line that is too long', 10))).toBe(10);
  expect(visibleLength(fit(createStyle(true).red('a line that is too long'), 10))).toBe(10);
});

test('a screen of its own is drawn whole, fits, follows the size, and leaves no trace', () => {
  const listeners: (() => void)[] = [];
  const stdout = {
    ...sink(true, 40),
    rows: 10,
    columns: 40,
    on: (_event: 'resize', listener: () => void) => listeners.push(listener),
    off: (_event: 'resize', listener: () => void) => listeners.splice(listeners.indexOf(listener), 1),
  };
  const written: string[] = [];
  stdout.write = (text: string) => void written.push(text);
  const screen = createTerminal({ stdout, stderr: sink(true), env: {} }).openScreen();
  expect(written.join('')).toContain('\u001B[?1049h');
  const lines = Array.from({ length: 30 }, (_, i) => `${i} ${'x'.repeat(100)}`);
  screen.show(lines);
  const drawn = written.at(-1) ?? '';
  expect(drawn.startsWith('\u001B[H')).toBe(true);
  expect(drawn.split('\r\n')).toHaveLength(10);
  // oxlint-disable-next-line no-control-regex -- what moves and clears, and does not show
  for (const line of drawn.split('\r\n')) expect(line.replaceAll(/\u001B\[[HJK]/g, '').length).toBe(40);
  screen.onResize(() => screen.show(['anew']));
  stdout.columns = 20;
  for (const listener of listeners) listener();
  expect(written.slice(-2)).toEqual(['\u001B[2J', '\u001B[Hanew\u001B[K\u001B[J']);
  expect(screen.size()).toEqual({ columns: 20, rows: 10 });
  screen.close();
  expect(written.at(-1)).toContain('\u001B[?1049l');
  expect(listeners).toEqual([]);
});

test('with --json nothing but JSON reaches standard output', () => {
  const stdout = sink(true, 80);
  const stderr = sink(false);
  const terminal = createTerminal({ stdout, stderr, env: {}, json: true });
  terminal.line('said besides');
  terminal.json({ a: 1 });
  expect(stdout.text).toBe('{"a":1}\n');
  expect(stderr.text).toBe('said besides\n');
  expect(terminal.interactive).toBe(false);
});

test('a terminal that knows no width gets the usual one', () => {
  const stdout = sink(true, 0);
  createTerminal({ stdout, stderr: sink(true), env: {} }).draw(['a line that fits in eighty columns']);
  expect(stdout.text).toContain('a line that fits in eighty columns');
});

test('progress is wiped before a line', () => {
  const stderr = sink(true);
  const terminal = createTerminal({ stdout: sink(true), stderr, env: {} });
  terminal.progress('half way');
  terminal.note('a note');
  expect(stderr.text).toBe('\r\u001B[2Khalf way\r\u001B[2Ka note\n');
});

test('a table lines up whatever its colours', () => {
  const style = createStyle(true);
  const lines = table(
    [
      { name: style.green('edge 1'), hits: 5 },
      { name: 'edge 22', hits: 1234 },
    ],
    [
      { head: 'name', value: (row) => row.name },
      { head: 'hits', value: (row) => String(row.hits), align: 'right' },
    ],
    style,
  );
  expect(lines.map(visibleLength)).toEqual([13, 13, 13]);
});

test('bigints are decimal strings in JSON', () => {
  expect(toJson({ a: [1n, 2], b: null })).toBe('{"a":["1",2],"b":null}');
});
