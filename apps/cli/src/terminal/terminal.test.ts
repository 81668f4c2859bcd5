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
