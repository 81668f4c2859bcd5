import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openOwnVotes } from './own-votes.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'votes-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('what a guard voted by itself it knows after a start, until the election is over', async () => {
  const file = path.join(dir, 'votes.json');
  const votes = await openOwnVotes(file);
  await votes.set('a', 1);
  await votes.set('b', 2);
  await votes.drop('b');
  const again = await openOwnVotes(file);
  expect([again.of('a'), again.of('b'), again.of('c')]).toEqual([1, undefined, undefined]);
  // One that is damaged says nothing: its votes stand as if they were cast by hand.
  await writeFile(file, '{"a":1');
  expect((await openOwnVotes(file)).of('a')).toBe(undefined);
});
