import { silentLog, systemClock } from '@media-network/runtime';
import { afterEach, expect, it } from 'vitest';

import { createMediaClient, createRpc, encodeAccount } from '../src/index.ts';
import { addressOf } from '../src/program-world/world.ts';
import { Fault, Page, createScriptedNode } from './scripted-node.ts';
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

/** A publisher's resource that guards have not seen, base64. */
function resourceBytes(id: bigint): string {
  const where = addressOf('somewhere');
  const zero = { from: 0n, until: 0n };
  const bytes = encodeAccount('resource', {
    bump: 255,
    status: 1,
    flags: 0,
    publisher: where,
    id,
    pool: where,
    stake: where,
    settings: where,
    ring: where,
    settingsVersion: 1,
    quotaKbps: 0,
    p95Kbps: 0,
    termsCount: 0,
    lp: 0n,
    debt: 0n,
    charged: 0n,
    lastHour: 0n,
    bytesTotal: 0n,
    authWeek: 0n,
    authCount: 0,
    authVotes: Array.from({ length: 21 }, () => 0),
    terms: Array.from({ length: 8 }, () => ({ from: 0n, allowance: 0n, vouchKey: new Uint8Array(32) })),
    spans: Array.from({ length: 8 }, () => zero),
    weeks: Array.from({ length: 6 }, () => ({ week: 0n, due: 0n, kept: 0n })),
    recorded: new Uint8Array(64),
    monthsClosed: 0,
    pad: 0,
    months: Array.from({ length: 12 }, () => ({ month: 0, p95Kbps: 0, quotaKbps: 0 })),
    reserved: new Uint8Array(104),
  });
  return Buffer.from(bytes).toString('base64');
}

it('follows a list that breaks off once, and one of which a number is more than a double holds', async () => {
  const program = addressOf('program');
  const listed = (ids: readonly bigint[], lamports: string): string => {
    const value = ids.map(
      (id) =>
        `{"pubkey":"${addressOf(String(id))}","account":{"data":["${resourceBytes(id)}","base64"],"executable":false,"lamports":${lamports},"owner":"${program}","rentEpoch":18446744073709551615,"space":1304}}`,
    );
    return `{"jsonrpc":"2.0","id":"list","result":{"context":{"slot":31},"value":[${value.join(',')}]}}`;
  };
  let answers = 0;
  let lamports = '7';
  let ids = [1n, 2n, 3n];
  node = await createScriptedNode((method) => {
    expect(method).toBe('getProgramAccounts');
    answers += 1;
    const whole = listed(ids, lamports);
    // The third account is torn: whoever had two of them does not take them for all.
    throw new Page(answers === 2 ? whole.slice(0, -500) : whole);
  });
  const client = createMediaClient({
    rpcUrl: node.url,
    wsUrl: null,
    programId: program,
    clock: systemClock,
    log: silentLog,
  });
  const followed = client.follow('resource', { keep: ({ id, lamports: has }) => [id, has] });
  const all = [
    [1n, 7n],
    [2n, 7n],
    [3n, 7n],
  ];
  expect(await followed.all()).toEqual(all);
  expect(await followed.all()).toEqual(all);
  expect(answers).toBe(3);
  lamports = '9007199254740993';
  ids = [1n, 3n];
  expect(await followed.all()).toEqual([
    [1n, 9_007_199_254_740_993n],
    [3n, 9_007_199_254_740_993n],
  ]);
  expect((await followed.news()).gone).toEqual([addressOf('2')]);
  await followed.close();
});

it('reads by parts what a node does not give in one answer', async () => {
  const program = addressOf('program');
  const ids = Array.from({ length: 250 }, (_, i) => BigInt(i));
  const byAddress = new Map(ids.map((id) => [String(addressOf(String(id))), id]));
  const account = (data: string): object => ({
    data: [data, 'base64'],
    executable: false,
    lamports: 7,
    owner: program,
    rentEpoch: 0,
    space: 1_304,
  });
  node = await createScriptedNode((method, params) => {
    const [of, how] = params as [string | string[], { dataSlice?: object }];
    if (method === 'getMultipleAccounts') {
      // One is gone by now.
      const value = [of].flat().map((at) => {
        const id = byAddress.get(at) ?? 0n;
        return id === 249n ? null : account(resourceBytes(id));
      });
      return { context: { slot: 32 }, value };
    }
    if (how.dataSlice === undefined) throw new Fault({ code: -32600, message: 'Ask for less.' });
    return {
      context: { slot: 31 },
      value: [...byAddress.keys()].map((pubkey) => ({ pubkey, account: account('') })),
    };
  });
  const client = createMediaClient({
    rpcUrl: node.url,
    wsUrl: null,
    programId: program,
    clock: systemClock,
    log: silentLog,
  });
  const followed = client.follow('resource', { keep: ({ id }) => id });
  expect([...(await followed.all())].sort((a, b) => Number(a - b))).toEqual(ids.slice(0, -1));
  expect(node.count('getMultipleAccounts')).toBe(3);
  await followed.close();
});

it('says what a node refuses that does not give it by parts either', async () => {
  node = await createScriptedNode(() => {
    throw new Fault({ code: -32010, message: 'excluded from the index' });
  });
  const client = createMediaClient({
    rpcUrl: node.url,
    wsUrl: null,
    programId: addressOf('program'),
    clock: systemClock,
    log: silentLog,
  });
  const followed = client.follow('resource');
  await expect(followed.all()).rejects.toMatchObject({
    code: 'chain/rpc-error',
    message: expect.stringContaining('excluded'),
  });
  await followed.close();
});
