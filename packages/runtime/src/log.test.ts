import { expect, test } from 'vitest';
import { createLog } from './log.ts';
import { prettyDestination, prettyLine } from './pretty-log.ts';

test('a log is JSON lines where nobody looks', () => {
  let text = '';
  const log = createLog('edge', {
    level: 'info',
    destination: { write: (line: string) => void (text += line) },
  });
  log.child({ daemon: 'edge-1' }).info({ port: 8080 }, 'edge is up');
  expect(JSON.parse(text)).toMatchObject({ name: 'edge', daemon: 'edge-1', port: 8080, msg: 'edge is up' });
});

test('on a terminal a line is for people, with everything that is in it', () => {
  let text = '';
  const destination = prettyDestination((line) => (text += line), false);
  const log = createLog('edge', { level: 'debug', destination });
  log.warn({ port: 8080, why: 'two words', list: [1, 2] }, 'something is slow');
  expect(text).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} WARN  edge something is slow  port=8080 why="two words" list=\[1,2\]\n$/,
  );
  expect(prettyLine('{"level":50,"time":"2026-01-02T03:04:05.678Z","name":"g","msg":"x"}', true)).toBe(
    '\u001B[90m03:04:05.678\u001B[39m \u001B[31mERROR\u001B[39m \u001B[36mg\u001B[39m x',
  );
});

test('what is no line of a log is left as it is', () => {
  for (const line of ['plain', '{"a":1}', '[1]', 'null', '{']) expect(prettyLine(line, true)).toBe(line);
});
