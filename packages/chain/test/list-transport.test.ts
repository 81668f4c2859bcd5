import { silentLog, systemClock } from '@media-network/runtime';
import { afterEach, expect, it } from 'vitest';

import { createRpc } from '../src/index.ts';
import { addressOf } from '../src/program-world/world.ts';
import { Page, createScriptedNode } from './scripted-node.ts';
import type { ScriptedNode } from './scripted-node.ts';

let node: ScriptedNode | undefined;
afterEach(() => node?.close());

async function listed(lamports: string): Promise<{ readonly slot: bigint; readonly lamports: bigint[] }> {
  const account = `{"data":["AAECAw==","base64"],"executable":false,"lamports":${lamports},"owner":"${addressOf('program')}","rentEpoch":18446744073709551615,"space":4}`;
  node = await createScriptedNode((method) => {
    expect(method).toBe('getProgramAccounts');
    throw new Page(
      `{"jsonrpc":"2.0","id":"1","result":{"context":{"slot":31},"value":[{"pubkey":"${addressOf('a')}","account":${account}}]}}`,
    );
  });
  const rpc = createRpc({ clock: systemClock, log: silentLog }, { url: node.url });
  const { context, value } = await rpc
    .getProgramAccounts(addressOf('program'), { encoding: 'base64', withContext: true, minContextSlot: 5n })
    .send();
  return { slot: context.slot, lamports: value.map(({ account: each }) => BigInt(each.lamports)) };
}

it('reads lists of accounts to the last digit, whichever way it takes', async () => {
  expect(await listed('2004480')).toEqual({ slot: 31n, lamports: [2_004_480n] });
  expect(node?.count('getProgramAccounts')).toBe(1);
  await node?.close();
  // No double holds it: the list is asked for again, and read by digits.
  expect((await listed('9007199254740993')).lamports).toEqual([9_007_199_254_740_993n]);
  expect(node?.count('getProgramAccounts')).toBe(2);
  expect(node?.calls[0]?.params[1]).toMatchObject({ minContextSlot: 5, withContext: true });
});
