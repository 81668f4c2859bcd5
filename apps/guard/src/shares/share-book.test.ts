import { expect, it } from 'vitest';
import { KEPT_SAMPLES, createShareBook } from './share-book.ts';
import type { ShareBook } from './share-book.ts';

const BUDGET = { bytes: 8_000_000n, burst: false };
const RESOURCE = 'resource';
const say = (book: ShareBook, edge: string, sample: bigint, before: bigint, soFar = 0n): void =>
  book.hear({ edge, resource: RESOURCE, sample, before, soFar });
const sumOf = (book: ShareBook, sample: bigint): bigint =>
  [...(book.table(RESOURCE, sample)?.shares.values() ?? [])].reduce((sum, each) => sum + each, 0n);

it('divides a sample by what was said when it is first asked for, and stays with it', () => {
  const book = createShareBook();
  say(book, 'a', 9n, 3_000_000n);
  say(book, 'b', 9n, 1_000_000n);
  book.fix(RESOURCE, 10n, BUDGET);
  const [a, b] = [book.shareOf(RESOURCE, 10n, 'a', 0n), book.shareOf(RESOURCE, 10n, 'b', 0n)];
  expect(a).toBeGreaterThan(b);
  say(book, 'b', 10n, 0n, 5_000_000n);
  book.fix(RESOURCE, 10n, { bytes: 1n, burst: false });
  expect(book.shareOf(RESOURCE, 10n, 'a', 0n)).toBe(a);
  expect(book.shareOf(RESOURCE, 10n, 'b', 0n)).toBe(b);
});

it('gives those who come late a part of what is left, and never more than there is', () => {
  const book = createShareBook();
  say(book, 'a', 9n, 3_000_000n);
  book.fix(RESOURCE, 10n, BUDGET);
  for (let edge = 0; edge < 50; edge += 1)
    expect(book.shareOf(RESOURCE, 10n, `late ${edge}`, 0n)).toBeGreaterThan(0n);
  expect(sumOf(book, 10n)).toBeLessThanOrEqual(BUDGET.bytes);
});

it('gives more to one that has used up most of its share, four times', () => {
  const book = createShareBook();
  say(book, 'a', 9n, 3_000_000n);
  book.fix(RESOURCE, 10n, BUDGET);
  const first = book.shareOf(RESOURCE, 10n, 'a', 0n);
  expect(book.shareOf(RESOURCE, 10n, 'a', first / 2n)).toBe(first);
  let share = first;
  for (let times = 0; times < 4; times += 1) {
    const more = book.shareOf(RESOURCE, 10n, 'a', share);
    expect(more).toBeGreaterThan(share);
    share = more;
  }
  expect(book.shareOf(RESOURCE, 10n, 'a', share)).toBe(share);
  expect(sumOf(book, 10n)).toBeLessThanOrEqual(BUDGET.bytes);
});

it('counts what an edge says it served up to its share, so that ignoring it brings no more', () => {
  const [greedy, modest] = [createShareBook(), createShareBook()];
  for (const book of [greedy, modest]) {
    say(book, 'a', 8n, 1_000_000n);
    say(book, 'b', 8n, 1_000_000n);
    book.fix(RESOURCE, 9n, BUDGET);
    say(book, 'b', 10n, 1_000_000n);
  }
  const share = greedy.shareOf(RESOURCE, 9n, 'a', 0n);
  say(greedy, 'a', 10n, 1_000n * BUDGET.bytes);
  say(modest, 'a', 10n, share);
  for (const book of [greedy, modest]) book.fix(RESOURCE, 10n, BUDGET);
  expect(greedy.shareOf(RESOURCE, 10n, 'a', 0n)).toBe(modest.shareOf(RESOURCE, 10n, 'a', 0n));
  expect(greedy.shareOf(RESOURCE, 10n, 'b', 0n)).toBe(modest.shareOf(RESOURCE, 10n, 'b', 0n));
});

it('knows nobody any more who has said nothing for three samples', () => {
  const book = createShareBook();
  say(book, 'a', 7n, 1_000_000n);
  book.fix(RESOURCE, 10n, BUDGET);
  expect(book.table(RESOURCE, 10n)).toMatchObject({ reserve: BUDGET.bytes, shares: new Map() });
});

it('tells samples that were above the quota by what edges said, the running one from half of it on', () => {
  const book = createShareBook();
  for (const sample of [5n, 6n, 7n]) {
    say(book, 'a', sample, 600_000n);
    say(book, 'b', sample, 600_000n);
    book.fix(RESOURCE, sample, BUDGET);
  }
  // Said in 6 and 7 of 5 and 6; of 7 something so far.
  say(book, 'a', 7n, 600_000n, 300_000n);
  say(book, 'b', 7n, 600_000n, 250_000n);
  expect(book.samplesAbove(RESOURCE, 0n, 8n, 1_000_000n)).toBe(3);
  expect(book.samplesAbove(RESOURCE, 0n, 8n, 1_100_000n)).toBe(2);
  expect(book.samplesAbove(RESOURCE, 6n, 8n, 1_100_000n)).toBe(1);
  expect(book.samplesAbove(RESOURCE, 0n, 8n, 1_200_000n)).toBe(0);
  expect(book.samplesAbove('another', 0n, 8n, 0n)).toBe(0);
});

it('forgets what is old, and older things sooner where there is much', () => {
  const book = createShareBook(10);
  for (let sample = 0n; sample < 8n; sample += 1n) {
    say(book, 'a', sample, 1n);
    book.fix(RESOURCE, sample, BUDGET);
    book.shareOf(RESOURCE, sample, 'b', 0n);
    book.forget(sample);
  }
  expect(book.rows).toBeLessThanOrEqual(13);
  expect(book.table(RESOURCE, 7n)).toBeDefined();
  book.forget(8n + KEPT_SAMPLES + 1n);
  expect(book.rows).toBe(0);
});

it('fixes nothing beyond what its memory holds', () => {
  const book = createShareBook(2);
  for (let i = 0; i < 10; i += 1) book.fix(`resource ${i}`, 1n, BUDGET);
  expect(book.rows).toBe(4);
  expect(book.table('resource 9', 1n)).toBeUndefined();
  expect(book.shareOf('resource 9', 1n, 'a', 0n)).toBe(0n);
});
