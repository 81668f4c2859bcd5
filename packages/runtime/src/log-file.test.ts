import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog, logFile } from './index.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-log-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('a log goes to its file and where it went before, and on where it ended', async () => {
  const file = join(dir, 'a', 'log.jsonl');
  let said = '';
  for (const port of [1, 2])
    createLog('edge', {
      level: 'info',
      file,
      destination: { write: (line: string) => void (said += line) },
    }).info({ port }, 'up');
  const lines = await readFile(file, 'utf8');
  expect(lines).toBe(said);
  expect(
    lines
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { port: number }).port),
  ).toEqual([1, 2]);
});

test('is set aside when it has grown, and two files are all there ever are', async () => {
  const file = join(dir, 'log.jsonl');
  const log = logFile(file, { maxBytes: 100 });
  for (let i = 0; i < 60; i += 1) log.write(`line ${i}\n`);
  expect((await readdir(dir)).toSorted()).toEqual(['log.jsonl', 'log.jsonl.1']);
  const all = (await readFile(`${file}.1`, 'utf8')) + (await readFile(file, 'utf8'));
  expect(all.endsWith('line 58\nline 59\n')).toBe(true);
  expect(all.length).toBeLessThan(220);
});

test('loses lines where the disk takes none, and goes on when it does', async () => {
  const blocked = join(dir, 'file');
  await writeFile(blocked, '');
  await chmod(blocked, 0o600);
  let nowMs = 1_000;
  const log = logFile(join(blocked, 'log.jsonl'), { nowMs: () => nowMs });
  log.write('lost\n');
  await rm(blocked);
  // Not looked at again at once.
  log.write('lost as well\n');
  nowMs += 10_000;
  log.write('kept\n');
  expect(await readFile(join(blocked, 'log.jsonl'), 'utf8')).toBe('kept\n');
});
