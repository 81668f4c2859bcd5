import { expect, test } from 'vitest';
import { checkOrigin } from './origin-check.ts';
import { originOnly } from './origin-only.ts';

test.each([1, 6_000])('says of port %i that it is one which is refused unasked', async (port) => {
  expect(await checkOrigin(originOnly(`http://127.0.0.1:${port}`))).toEqual({
    kind: 'silent',
    why: `port ${port} is one that browsers and "fetch" refuse, so it was not asked: serve it on another`,
  });
});
