import { expect, test } from 'vitest';
import { amendedSections } from './amendments.ts';
import { FURTHER_SECTIONS } from './further-tests.ts';
import type { SuiteTest } from './suite-types.ts';
import { verdictsOf } from './verdicts.ts';

const one = (id: string, more: Partial<SuiteTest> = {}): SuiteTest => ({
  id,
  name: id,
  requests: [{ setup: true }, { expected_type: 'not_cached' }],
  ...more,
});
const section = (...tests: SuiteTest[]) => ({ id: 's', name: 's', tests });

test('counts what could be put, and what it hangs on', () => {
  const sections = [
    section(
      one('a'),
      one('b', { depends_on: ['a'] }),
      one('c'),
      one('d', { depends_on: ['c'] }),
      one('e', { kind: 'optimal' }),
      one('f', { kind: 'optimal' }),
      one('g', { kind: 'check' }),
      one('h'),
      one('i', { depends_on: ['unknown'] }),
    ),
  ];
  const verdicts = verdictsOf(sections, {
    a: true,
    b: ['Assertion', 'no'],
    c: ['Assertion', 'no'],
    d: true,
    e: true,
    f: ['Assertion', 'not cached'],
    g: true,
    h: ['Setup', 'could not'],
    i: true,
  });
  expect(verdicts.required).toEqual({ pass: 2, fail: 2 });
  expect(verdicts.optional).toEqual({ pass: 1, fail: 1 });
  expect(verdicts.informational).toEqual({ yes: 1, no: 0 });
  expect(verdicts.failures.map(({ id }) => id)).toEqual(['b', 'c', 'f']);
  expect(verdicts.unscored).toEqual(['d', 'h']);
});

test('asks what is asked today', () => {
  const [today, ...further] = amendedSections(
    [
      section(
        one('age-parse-negative'),
        one('freshness-expires-invalid-utc', { kind: 'check' }),
        one('invalidate-PUT-cl'),
        one('stale-sie-503', { kind: 'check' }),
        one('freshness-max-age-multiple-line', { kind: 'check' }),
        one('only-browsers', { browser_only: true }),
      ),
    ],
    FURTHER_SECTIONS,
  );
  expect(
    today?.tests.map(({ id, kind, requests }) => [id, kind, requests.at(-1)?.['expected_type']]),
  ).toEqual([
    ['age-parse-negative', undefined, 'cached'],
    ['freshness-expires-invalid-utc', 'required', 'not_cached'],
    ['invalidate-PUT-cl', 'check', 'not_cached'],
  ]);
  const ids = further.flatMap(({ tests }) => tests.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => id.startsWith('cdn-'))).toHaveLength(24);
});
