import { describe, expect, test } from 'vitest';
import { cacheStatusField } from './cache-status.ts';
import { readVary } from './vary.ts';

describe('Cache-Status of caches before us (RFC 9211)', () => {
  test.each<[string, string | undefined, string]>([
    ['absent', undefined, 'us; hit'],
    ['one', 'a; hit; ttl=9', 'a; hit; ttl=9, us; hit'],
    [
      'two, one quoted',
      '"cache, one"; fwd=miss;detail="x\\"y",b;hit',
      '"cache, one"; fwd=miss;detail="x\\"y", b;hit, us; hit',
    ],
    ['an open quote that would swallow ours', '"', 'us; hit'],
    ['no list', ',;;,(', 'us; hit'],
    ['one good member, one bad', 'a; hit, (b)', 'us; hit'],
    ['empty', ' , ', 'us; hit'],
  ])('%s', (_name, upstream, field) => {
    expect(cacheStatusField(upstream, 'us; hit')).toBe(field);
  });
});

test('a Vary of more names than anybody means is one of all', () => {
  const names = Array.from({ length: 17 }, (_, i) => `x${i}`);
  expect(readVary(['Vary', names.slice(1).join(', ')])).toHaveLength(16);
  expect(readVary(['Vary', names.join(', ')])).toBe('*');
});
