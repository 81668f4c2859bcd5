import { describe, expect, test } from 'vitest';
import { invalidatedGroups, readCacheGroups } from './cache-groups.ts';
import { readNoVarySearch, significantSearch } from './no-vary-search.ts';
import { parseDictionary, parseStringList } from './structured-strings.ts';

describe('structured fields (RFC 9651)', () => {
  test.each([
    ['', []],
    ['"a"', ['a']],
    ['"a", "b c",\t"\\"\\\\"', ['a', 'b c', '"\\']],
    ['"a";x=1;y="z", "b"', ['a', 'b']],
    ['"a", token, 7, ?1, ("x" "y"), "b"', ['a', 'b']],
    ['"a",', undefined],
    ['"a" "b"', undefined],
    ['"a', undefined],
    ['"a\x01"', undefined],
    ['"\\x"', undefined],
    ['("a"', undefined],
    [',', undefined],
  ] as const)('list %j', (text, expected) => {
    expect(parseStringList(text)).toEqual(expected);
  });

  test.each([
    ['a', [['a', true]]],
    [
      'a=?0, b="x", c=("y" "z"), d=7, e=7.5, f=tok',
      [
        ['a', false],
        ['b', 'x'],
        ['c', ['y', 'z']],
        ['d', 7],
        ['e', undefined],
        ['f', undefined],
      ],
    ],
    ['a=(1 "x")', [['a', undefined]]],
    ['a;p=1, a=?0', [['a', false]]],
    ['A', undefined],
    ['a=', undefined],
    ['a b', undefined],
  ] as const)('dictionary %j', (text, expected) => {
    const members = parseDictionary(text);
    expect(members === undefined ? undefined : [...members]).toEqual(expected);
  });
});

describe('cache groups (RFC 9875)', () => {
  test('of one field or several, each once, and none where it cannot be read', () => {
    expect(readCacheGroups(['Cache-Groups', '"a", "b"', 'cache-groups', '"a", "A"'])).toEqual([
      'a',
      'b',
      'A',
    ]);
    expect(readCacheGroups(['Cache-Groups', 'a'])).toEqual([]);
    expect(readCacheGroups(['Cache-Groups', '"a", "b'])).toEqual([]);
    expect(invalidatedGroups(['Cache-Group-Invalidation', '"x"'])).toEqual(['x']);
  });
  test('as many and as long as the RFC asks for', () => {
    const names = Array.from({ length: 40 }, (_, i) => `${i}`.padEnd(40, 'x'));
    expect(readCacheGroups(['Cache-Groups', names.map((name) => `"${name}"`).join(', ')])).toEqual(names);
  });
});

const search = (field: string, query: string): string | undefined => {
  const rule = readNoVarySearch(['No-Vary-Search', field]);
  return rule === undefined ? undefined : significantSearch(query, rule);
};

describe('No-Vary-Search', () => {
  test.each([
    ['params', 'a=1&b=2', ''],
    ['params, except=("a")', 'utm=1&a=1&a=2&b=3', 'a=1&a=2'],
    ['params=("utm" "fb id")', 'a=1&utm=2&fb+id=3&fb%20id=4', 'a=1'],
    ['key-order', 'b=2&a=1&b=1', 'a=1&b=2&b=1'],
    ['params=("u"), key-order', 'b&u=1&a=', 'a=&b='],
    ['params=("u")', '&&a=%41&a=A', 'a=A&a=A'],
    ['params=("%c3%A9" "x+y")', '%C3%A9=1&a=%ff&x%20y=2', 'a=%FF'],
    ['params=("u")', 'a=%25ff', 'a=%25ff'],
    ['params=("u")', 'a=%zz', 'a=%25zz'],
    // What cannot be read, or says nothing, leaves the whole query.
    ['params=?0', 'a=1', undefined],
    ['key-order=?0', 'a=1', undefined],
    ['params="a"', 'a=1', undefined],
    ['params=(a)', 'a=1', undefined],
    ['params=7', 'a=1', undefined],
    ['except=("a")', 'a=1', undefined],
    ['params=("b"), except=("a")', 'a=1', undefined],
    ['params, except="a"', 'a=1', undefined],
    ['params,', 'a=1', undefined],
    ['', 'a=1', undefined],
  ])('%j of %j', (field, query, expected) => {
    expect(search(field, query)).toBe(expected);
  });
});
