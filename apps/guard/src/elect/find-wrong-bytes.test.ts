import { checkEvidence } from '@media-network/protocol';
import { expect, test } from 'vitest';
import { OWN_LOOK } from '../state/hour-book.ts';
import type { EdgeHour, Look } from '../state/hour-book.ts';
import { addressAt } from '../testing-accounts.ts';
import { findWrongBytes } from './find-wrong-bytes.ts';

const [EDGE, OTHER, RESOURCE] = [addressAt(3), addressAt(4), addressAt(5)];
const hashes = (digit: string): { md5: string; sha256: string } => ({
  md5: digit.repeat(32),
  sha256: digit.repeat(64),
});
const look = (change: Partial<Look> = {}): Look => ({
  resource: RESOURCE,
  target: 'a'.repeat(64),
  bodyHash: '2'.repeat(64),
  finding: 'wrong',
  by: OWN_LOOK,
  hashes: { right: hashes('1'), wrong: hashes('2') },
  ...change,
});
const bookOf = (looks: readonly Look[]) => ({
  edgesOf: () => [EDGE, OTHER],
  of: (edge: string): EdgeHour => ({
    asks: { answered: 0, refused: 0 },
    contacts: { answered: 0, silent: 0 },
    probed: new Map(),
    looks: edge === EDGE ? looks : [],
    commits: [],
  }),
});

test('an edge that is guilty makes a file, with MD5 and SHA-256 of what the guard got itself', async () => {
  const looks = Array.from({ length: 5 }, (_, i) => look({ target: `${i}`.repeat(64) }));
  const [file, ...more] = findWrongBytes(bookOf(looks), 7n);
  expect(more).toEqual([]);
  expect(file).toMatchObject({ kind: 'wrong-bytes', edge: EDGE, hour: '7', resource: RESOURCE });
  expect(await checkEvidence(file, { operatorsOf: () => [] })).toMatchObject({
    kind: 'unsigned',
    bodies: looks.map(({ target }) => ({ target, right: hashes('1'), wrong: hashes('2') })),
  });
});

test('one wrong answer, or the word of viewers alone, makes none', () => {
  expect(findWrongBytes(bookOf([look()]), 7n)).toEqual([]);
  const viewers = Array.from({ length: 5 }, (_, i) => {
    const { hashes: own, ...seen } = look({ by: `session ${i}` });
    expect(own).toBeDefined();
    return seen;
  });
  expect(findWrongBytes(bookOf(viewers), 7n)).toEqual([]);
});
