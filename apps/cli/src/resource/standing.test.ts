import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { addressOf } from '@media-network/chain/program-world';
import { expect, test } from 'vitest';
import { noneText } from './show.ts';
import { placesOf } from './standing.ts';

test('a resource that is gone is nowhere, and no edge is asked', async () => {
  const gone = { address: addressOf('r'), status: RESOURCE_STATUS.released };
  const client = { edges: () => Promise.reject(new Error('asked')) };
  expect(await placesOf(client, gone, true)).toEqual([]);
  expect(noneText(gone)).toBe('none any more');
  expect(noneText({ status: RESOURCE_STATUS.draft })).toBe('none yet');
});
