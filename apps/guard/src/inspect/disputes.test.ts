import { describe, expect, it } from 'vitest';
import type { EdgeHour, Look } from '../state/hour-book.ts';
import { disputesOf, observationsOf } from './disputes.ts';

const look = (finding: Look['finding'], change: Partial<Look> = {}): Look => ({
  resource: 'r',
  target: 'ta',
  bodyHash: finding === 'right' ? 'good' : 'bad',
  finding,
  by: 'self',
  ...change,
});

function bookOf(looks: Readonly<Record<string, readonly Look[]>>) {
  const blank: EdgeHour = {
    asks: { answered: 0, refused: 0 },
    contacts: { answered: 0, silent: 0 },
    probed: new Map(),
    looks: [],
    commits: [],
  };
  return {
    of: (edge: string): EdgeHour => ({ ...blank, looks: looks[edge] ?? [] }),
    edgesOf: () => Object.keys(looks),
  };
}
const reports = [
  { index: 0, edge: 'a', resources: ['q', 'r'] },
  { index: 1, edge: 'b', resources: ['r'] },
  { index: 2, edge: 'c', resources: ['r'] },
];
const many = (count: number, each: Look): Look[] => Array.from({ length: count }, () => each);
const good = { b: many(4, look('right')), c: many(4, look('right')) };

const pieces = (edge: string, finding: Look['finding']): Look[] =>
  Array.from({ length: 9 }, (_, i) => look(finding, { target: `${edge}${i}` }));
const shared = (finding: Look['finding']): Look[] => many(2, look(finding));
const three = (a: readonly Look[], b: readonly Look[], c: readonly Look[]) =>
  disputesOf(bookOf({ a, b, c }), 5n, reports).map(({ report }) => report);
/** Targets that are looked at elsewhere too. */
const told = (of: string, finding: Look['finding']): Look[] =>
  Array.from({ length: 5 }, (_, i) => look(finding, { target: `${of}-told${i}` }));

describe('disputes', () => {
  it('name the entry of the edge and resource whose bytes were wrong', () => {
    const book = bookOf({ a: many(4, look('wrong')), ...good });
    expect(disputesOf(book, 5n, reports)).toEqual([{ report: 0, entry: 1 }]);
  });

  it('are not cleared by one right answer, nor by every second one', () => {
    const cleared = [...many(4, look('wrong')), look('right')];
    expect(disputesOf(bookOf({ a: cleared, ...good }), 5n, reports)).toHaveLength(1);
    const half = Array.from({ length: 12 }, (_, i) => look(i % 2 === 0 ? 'wrong' : 'right'));
    expect(disputesOf(bookOf({ a: half, ...good }), 5n, reports)).toHaveLength(1);
  });

  it('are not raised by one wrong answer, or by too few', () => {
    expect(disputesOf(bookOf({ a: [look('wrong')], ...good }), 5n, reports)).toEqual([]);
    expect(disputesOf(bookOf({ a: many(3, look('wrong')), ...good }), 5n, reports)).toEqual([]);
    const once = [look('wrong'), ...many(30, look('right'))];
    expect(disputesOf(bookOf({ a: once, ...good }), 5n, reports)).toEqual([]);
  });

  it('count a witness once a target, however often it repeats itself', () => {
    const witness = look('wrong', { by: 'session-1' });
    expect(disputesOf(bookOf({ a: many(9, witness), ...good }), 5n, reports)).toEqual([]);
    const witnesses = Array.from({ length: 4 }, (_, i) => look('wrong', { by: `session-${i}` }));
    expect(disputesOf(bookOf({ a: witnesses, ...good }), 5n, reports)).toHaveLength(1);
  });

  it('blame nobody where most edges give other bytes: the origin has more faces than one', () => {
    const two = bookOf({ a: many(9, look('wrong')), b: many(9, look('wrong')), c: many(9, look('right')) });
    expect(disputesOf(two, 5n, reports)).toEqual([]);
    expect(observationsOf(two, { edge: 'a', resource: 'r', hour: 5n })).toEqual([]);
    // One of three is its own doing; a face for each edge is the origin's.
    const one = bookOf({ a: many(9, look('wrong')), ...good });
    expect(disputesOf(one, 5n, reports)).toHaveLength(1);
    const apart = bookOf({
      a: many(9, look('wrong', { bodyHash: 'x' })),
      b: many(9, look('wrong', { bodyHash: 'y' })),
      c: many(9, look('wrong', { bodyHash: 'z' })),
    });
    expect(disputesOf(apart, 5n, reports)).toEqual([]);
  });

  it('are not lifted by what viewers say of other edges', () => {
    const said = (bodyHash: string): Look[] =>
      Array.from({ length: 8 }, (_, i) => look('wrong', { by: `session-${i}`, bodyHash }));
    const lied = { b: [...good.b, ...said('bad')], c: [...good.c, ...said('bad')] };
    expect(disputesOf(bookOf({ a: many(9, look('wrong')), ...lied }), 5n, [reports[0]!])).toHaveLength(1);
    // Nor where no other edge was asked for the same by the guard itself.
    const alone = many(9, look('wrong', { target: 'alone' }));
    const elsewhere = { b: said('bad'), c: said('bad') };
    expect(disputesOf(bookOf({ a: alone, ...elsewhere }), 5n, [reports[0]!])).toHaveLength(1);
    // What viewers say of all edges is the origin's doing, too, if only viewers are shown another face.
    const seen = { a: [...many(4, look('right')), ...said('bad')], ...lied };
    expect(disputesOf(bookOf(seen), 5n, reports)).toEqual([]);
  });

  it('judge what no other edge was asked for as what others were', () => {
    // One target was asked of all: it tells whose doing the rest is.
    expect(
      three(
        [...pieces('a', 'wrong'), ...shared('wrong')],
        [...pieces('b', 'wrong'), ...shared('wrong')],
        [...pieces('c', 'wrong'), ...shared('wrong')],
      ),
    ).toEqual([]);
    expect(
      three(
        [...pieces('a', 'wrong'), ...shared('wrong')],
        [...pieces('b', 'right'), ...shared('right')],
        [...pieces('c', 'right'), ...shared('right')],
      ),
    ).toEqual([0]);
    // Nothing was asked of two: most edges wrong is the origin's doing, one wrong among others is its own.
    expect(three(pieces('a', 'wrong'), pieces('b', 'wrong'), pieces('c', 'wrong'))).toEqual([]);
    expect(three(pieces('a', 'wrong'), pieces('b', 'wrong'), pieces('c', 'right'))).toEqual([]);
    expect(three(pieces('a', 'wrong'), pieces('b', 'right'), pieces('c', 'right'))).toEqual([0]);
    expect(three(pieces('a', 'wrong'), [], [])).toEqual([0]);
    // Two of one mind shield each other at the targets that they share, and nowhere else.
    expect(
      three(
        [...pieces('a', 'wrong'), ...shared('wrong'), ...told('x', 'wrong')],
        [...pieces('b', 'wrong'), ...shared('wrong')],
        told('x', 'right'),
      ),
    ).toEqual([0]);
  });

  it('are a hundred at most, those with most wrong answers', () => {
    const resources = Array.from({ length: 120 }, (_, i) => `r${i}`);
    const looks = resources.flatMap((resource, i) => many(4 + (i % 5), look('wrong', { resource })));
    const found = disputesOf(bookOf({ a: looks }), 5n, [{ index: 0, edge: 'a', resources }]);
    expect(found).toHaveLength(100);
    expect(found.slice(0, 24).every(({ entry }) => entry % 5 === 4)).toBe(true);
  });
});
