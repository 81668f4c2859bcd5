import { readRules } from '@media-network/rules';
import { expect, test } from 'vitest';
import { meantBy } from './meant.ts';

function settings(...lines: readonly string[]): Parameters<typeof meantBy>[1] {
  const read = readRules(lines);
  if (read.kind === 'wrong') throw new Error(read.why);
  return { rules: read.rules };
}

const purged = { kind: 'target', target: '/p?b=2&utm_source=x&a=1' } as const;

test('an object is meant as it was asked for and as rules have it kept', () => {
  expect(meantBy([purged], settings())).toEqual([purged, purged]);
  expect(meantBy([purged], settings('cache-key query=not:utm_* sort'))).toEqual([
    purged,
    { kind: 'target', target: '/p?a=1&b=2' },
  ]);
  expect(meantBy([purged], settings('cache-key /p query=none'))).toEqual([
    purged,
    { kind: 'target', target: '/p' },
  ]);
});

test('while nothing is known of the rules, all of the path is', () => {
  expect(meantBy([purged], undefined)).toEqual([
    purged,
    { kind: 'target', target: '/p' },
    { kind: 'prefix', prefix: '/p?' },
  ]);
});

test('a prefix with a query is one of the path where the query is not what was asked for', () => {
  const prefix = { kind: 'prefix', prefix: '/p?b=' } as const;
  expect(meantBy([prefix], settings())).toEqual([prefix]);
  expect(meantBy([prefix], settings('cache-key sort'))).toEqual([{ kind: 'prefix', prefix: '/p' }]);
  const others = [{ kind: 'prefix', prefix: '/p' }, { kind: 'tag', tag: 'x' }, { kind: 'all' }] as const;
  expect(meantBy(others, undefined)).toEqual(others);
});
