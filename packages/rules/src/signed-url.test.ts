import { expect, test } from 'vitest';
import {
  bareTarget,
  grantCookie,
  grantOf,
  grantOfCookie,
  grantText,
  grantedTarget,
  grants,
} from './signed-url.ts';

const GRANT = { key: 'site', expires: 2_000, path: '/a/*', address: '192.0.2.0/24', signature: 'c2ln' };
const REQUEST = { target: '/a/b?q=1', address: '192.0.2.7', now: 1_000 };

test('a grant is carried by a target and by a cookie, and taken off again', () => {
  for (const grant of [GRANT, { key: 'k', expires: 1, signature: 'x', path: undefined, address: undefined }])
    for (const target of ['/a/b', '/a/b?q=1&r']) {
      const granted = grantedTarget(target, grant);
      expect(grantOf(granted)).toEqual(grant);
      expect(bareTarget(granted)).toBe(target);
      expect(grantOfCookie(`x=1; ${grantCookie(grant)}; y=2`)).toEqual(grant);
    }
});

test.each([
  '/a',
  '/a?media-signature=x',
  '/a?media-signature=x&media-key=k&media-expires=soon',
  '/a?media-signature=x&media-key=k&media-expires=1&media-key=k',
  '/a?media-signature=x&media-key=k&media-expires=1&media-path=%2F%C4%80*',
  '/a?media-signature=%0a&media-key=k&media-expires=1',
  '/a?media-signature=x&media-key=k&media-expires=1&media-path=%2Fa%0a',
  `/a?media-signature=x&media-key=k&media-expires=1&media-path=%2F${'a'.repeat(600)}`,
  '/a?media-signature=x&media-key=%E0%A4&media-expires=x',
])('%s carries none', (target) => {
  expect(grantOf(target)).toBeUndefined();
});

test('a grant is for a path with a star or for a target without one, since their texts are the same', () => {
  const text = grantText(GRANT, '/x');
  expect(text).toBe('medianet-grant-v1\nsite\n2000\n/a/*\n192.0.2.0/24');
  expect(grantText({ ...GRANT, path: undefined }, '/a/*')).toBe(text);
  expect(grantText({ ...GRANT, address: undefined }, '/x')).not.toBe(text);
});

test.each([
  [GRANT, REQUEST, 'yes'],
  [GRANT, { ...REQUEST, now: 1_999 }, 'yes'],
  [GRANT, { ...REQUEST, now: 2_000 }, 'expired'],
  [GRANT, { ...REQUEST, target: '/b/b' }, 'other'],
  [GRANT, { ...REQUEST, target: '/%61/b' }, 'yes'],
  [GRANT, { ...REQUEST, address: '192.0.3.7' }, 'other'],
  [GRANT, { ...REQUEST, address: undefined }, 'other'],
  [{ ...GRANT, address: 'nowhere' }, REQUEST, 'other'],
  [{ ...GRANT, path: 'a' }, REQUEST, 'other'],
  [{ ...GRANT, path: '/a/b' }, REQUEST, 'other'],
  [{ ...GRANT, path: undefined }, REQUEST, 'yes'],
  [{ ...GRANT, path: undefined }, { ...REQUEST, target: '/a/*' }, 'other'],
  [{ ...GRANT, path: undefined }, { ...REQUEST, target: '/a?q=*' }, 'yes'],
])('%j for %j: %s', (grant, request, says) => {
  expect(grants(grant, request)).toBe(says);
});
