import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { addressOf } from '@media-network/chain/program-world';
import { expect, test } from 'vitest';
import { noneText } from './show.ts';
import { placesOf, standing } from './standing.ts';
import type { Resource } from './find.ts';

test('a resource that is gone is nowhere, and no edge is asked', async () => {
  const gone = { address: addressOf('r'), status: RESOURCE_STATUS.released };
  const client = { edges: () => Promise.reject(new Error('asked')) };
  expect(await placesOf(client, gone, true)).toEqual([]);
  expect(noneText(gone)).toBe('none any more');
  expect(noneText({ status: RESOURCE_STATUS.draft })).toBe('none yet');
});

test.each(['paused', 'removed'] as const)(
  'a resource that is %s may be served until edges hear of it',
  (how) => {
    // What standing reads of it.
    const resource = { address: addressOf('r'), id: 1n, status: RESOURCE_STATUS[how] } as unknown as Resource;
    const at = (...says: readonly string[]): ReturnType<typeof standing> =>
      standing(
        resource,
        [],
        says.map((each) => ({ edge: 'e', url: 'u', host: 'h', endpoint: 'p', says: each })),
      );
    expect(at('503 edge/paused', 'no answer (ECONNREFUSED)')).toMatchObject({
      served: false,
      text: `not served: its publisher has ${how} it`,
    });
    expect(at('200', '404', '503 edge/paused')).toMatchObject({
      served: true,
      text: `its publisher has ${how} it; 2 of 3 edges serve it still, until they hear of it`,
    });
  },
);
