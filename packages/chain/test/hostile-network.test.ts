import { silentLog, systemClock } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { afterEach, describe, expect, it } from 'vitest';

import { createMediaClient, createWallet } from '../src/index.ts';
import type { MediaClient, SendOptions, SendResult } from '../src/index.ts';
import { addressOf } from '../src/program-world/index.ts';
import { Broken, Fault, HttpStatus, Page, createScriptedNode } from './scripted-node.ts';
import type { Script, ScriptedNode } from './scripted-node.ts';
import { LAST_VALID, confirmed, leapingClock, nodeScript } from './scripted-world.ts';
import type { World } from './scripted-world.ts';

let node: ScriptedNode | undefined;
afterEach(async () => {
  await node?.close();
  node = undefined;
});

interface Started {
  readonly client: MediaClient;
  readonly sent: string[];
  readonly send: (options?: Partial<SendOptions>) => Promise<SendResult>;
}

async function start(
  world: World,
  override?: Script,
  given: { clock?: Clock; log?: Log; signal?: AbortSignal } = {},
): Promise<Started> {
  const sent: string[] = [];
  node = await createScriptedNode(nodeScript(world, sent, override));
  const client = createMediaClient({
    rpcUrl: node.url,
    wsUrl: null,
    programId: addressOf('p'),
    clock: given.clock ?? leapingClock(),
    log: given.log ?? silentLog,
    ...(given.signal === undefined ? {} : { signal: given.signal }),
  });
  const payer = await createWallet(new Uint8Array(32).fill(1));
  const leave = await client.instructions.leaveEdge({ owner: payer });
  return {
    client,
    sent,
    send: (options) => client.send([leave], { payer, timeoutMs: 600_000, ...options }),
  };
}

const behind = { code: -32005, message: 'Node is behind by 42 slots', data: { numSlotsBehind: 42 } };

/** Errors that say nothing about the transaction, whatever words and data they come with. */
const PASSING: readonly (readonly [name: string, thrown: Error])[] = [
  ['-32005, behind', new Fault(behind)],
  ['-32005 without data', new Fault({ code: -32005, message: 'Node is unhealthy' })],
  ['-32016', new Fault({ code: -32016, message: 'Minimum context slot has not been reached' })],
  ['-32603', new Fault({ code: -32603, message: 'Internal error' })],
  ['-32429', new Fault({ code: -32429, message: 'rate limited' })],
  ['429 as a code', new Fault({ code: 429, message: 'Too many requests' })],
  ['-32004', new Fault({ code: -32004, message: 'Block not available' })],
  ['an unknown code', new Fault({ code: -31999, message: 'who knows' })],
  ['-32002 without data', new Fault({ code: -32002, message: 'Transaction simulation failed' })],
  ['an error without a code', new Fault({ message: 'upstream' })],
  ['an error that is a string', new Fault('upstream timed out')],
  ['HTTP 429', new HttpStatus(429)],
  ['HTTP 500', new HttpStatus(500)],
  ['HTTP 502', new HttpStatus(502)],
  ['HTTP 520', new HttpStatus(520)],
  ['a page', new Page('<!DOCTYPE html><title>Bad gateway</title>')],
  ['an empty body', new Page('')],
  ['half an answer', new Page('{"jsonrpc":"2.0","id":"1","resu')],
  ['an answer without a result', new Page('{"jsonrpc":"2.0","id":"1"}')],
  ['no object', new Page('[]')],
  ['a reset', new Broken('reset')],
];

describe('a transaction that was handed over', () => {
  it.each(PASSING)('is waited for when the node takes it and answers %s', async (_, thrown) => {
    const { send, sent } = await start(
      { height: 10, status: (__, all) => (all.length > 0 ? confirmed : null) },
      (method, params) => {
        if (method !== 'sendTransaction') return undefined;
        sent.push(String(params[0]));
        throw thrown;
      },
    );
    await expect(send()).resolves.toMatchObject({ slot: 5n });
    expect(new Set(sent).size).toBe(1);
  });

  it.each(PASSING)('is waited for when its status is answered with %s', async (_, thrown) => {
    const { send, sent } = await start({ height: 10, status: () => confirmed }, (method, __, nth) => {
      if (method === 'getSignatureStatuses' && nth <= 3) throw thrown;
    });
    await expect(send()).resolves.toMatchObject({ slot: 5n });
    expect(new Set(sent).size).toBe(1);
  });

  it.each(PASSING)(
    'is waited for when everything about it is answered with %s for a while',
    async (_, thrown) => {
      let answers = 0;
      const { send, sent } = await start({ height: 10, status: () => confirmed }, (method) => {
        const isAbout = ['sendTransaction', 'getSignatureStatuses', 'getEpochInfo'].includes(method);
        if (isAbout && (answers += 1) <= 8) throw thrown;
      });
      await expect(send()).resolves.toMatchObject({ slot: 5n });
      expect(new Set(sent).size).toBeLessThanOrEqual(1);
    },
  );

  it('is waited for even if the node calls it invalid when it is sent again', async () => {
    const { send, sent } = await start(
      {
        height: 10,
        status: () => (node !== undefined && node.count('sendTransaction') >= 3 ? confirmed : null),
      },
      (method, _, nth) => {
        if (method === 'sendTransaction' && nth > 1) throw new Fault({ code: -32602, message: 'invalid' });
      },
    );
    await expect(send()).resolves.toMatchObject({ slot: 5n });
    expect(sent).toHaveLength(1);
  });

  it('is signed anew only after its expiry, though the node never took it', async () => {
    const world: World = { height: 10, status: () => null };
    const { send } = await start(world, (method, _, nth) => {
      if (method === 'getEpochInfo' && nth === 4) world.height = LAST_VALID + 1;
      if (method === 'getLatestBlockhash' && nth === 2) world.status = () => confirmed;
      if (method === 'sendTransaction' && nth <= 2) throw new Fault(behind);
    });
    await expect(send()).resolves.toMatchObject({ slot: 5n });
    expect(node?.count('getLatestBlockhash')).toBe(2);
  });

  it('says what the node said when it has expired again and again', async () => {
    const { send } = await start({ height: 100_000, status: () => null }, (method) => {
      if (method === 'sendTransaction') throw new Fault(behind);
    });
    await expect(send()).rejects.toMatchObject({
      code: 'chain/blockhash-expired',
      message: expect.stringContaining('behind by 42 slots') as unknown,
    });
  });

  it('says in the end what the node said last', async () => {
    const { send } = await start({ height: 10, status: () => null }, (method) => {
      if (method === 'sendTransaction') throw new Fault(behind);
    });
    await expect(send({ timeoutMs: 20_000 })).rejects.toMatchObject({
      code: 'chain/timeout',
      message: expect.stringMatching(/may still land.*behind by 42 slots/) as unknown,
    });
  });

  it.each([
    ['-32602', new Fault({ code: -32602, message: 'invalid transaction: too large' }), 'chain/rpc-error'],
    [
      '-32003',
      new Fault({ code: -32003, message: 'Transaction signature verification failure' }),
      'chain/rpc-error',
    ],
    [
      'its full disk',
      new Fault({ code: -32603, message: 'The disk is full', data: { code: 'localnet/disk-full' } }),
      'chain/rpc-error',
    ],
    ['HTTP 403', new HttpStatus(403), 'chain/http-error'],
  ])('fails at once when the node refuses it from the first with %s', async (_, thrown, code) => {
    const { send } = await start({ height: 10, status: () => null }, (method) => {
      if (method === 'sendTransaction') throw thrown;
    });
    await expect(send()).rejects.toMatchObject({ code });
    expect(node?.count('sendTransaction')).toBe(1);
  });
});

/** How a read ends whose node never says anything else. */
async function words(thrown: Error): Promise<string> {
  const { client } = await start({ height: 10, status: () => null }, () => {
    throw thrown;
  });
  const error: unknown = await client.lamports(addressOf('a')).catch((e: unknown) => e);
  expect(error).toMatchObject({ retry: true });
  await node?.close();
  return `${(error as { code: string }).code}: ${(error as Error).message}`;
}

describe('a read', () => {
  // A read has no preflight, so that code has its own meaning for transactions alone.
  it.each(PASSING.filter(([name]) => !name.startsWith('-32002')))(
    'is asked again after %s',
    async (_, thrown) => {
      const { client } = await start({ height: 10, status: () => null }, (method, __, nth) => {
        if (method === 'getBalance') {
          if (nth <= 3) throw thrown;
          return { context: { slot: 3 }, value: 77 };
        }
        // Any node has said something sensible before it fails.
        return method === 'getSlot' ? 3 : undefined;
      });
      await client.rpc.getSlot().send();
      expect(await client.lamports(addressOf('a'))).toBe(77n);
    },
  );

  it('ends in words about what came when that never ends', async () => {
    expect(await words(new Page('<!DOCTYPE html><h1>Welcome</h1>'))).toMatch(
      /^chain\/bad-answer: .*<!DOCTYPE.*Check the URL/,
    );
    expect(await words(new Page('{"hello":1}'))).toMatch(/^chain\/bad-answer: .*\{"hello":1\}/);
    expect(await words(new Fault(behind))).toMatch(/^chain\/node-behind: .*behind by 42 slots/);
    expect(await words(new Fault({ code: -32429, message: 'slow down' }))).toMatch(
      /^chain\/rate-limited: .*slow down/,
    );
    expect(await words(new Fault({ code: -32603, message: 'Internal error' }))).toBe(
      'chain/rpc-error: The node refused a balance: Internal error.',
    );
    expect(await words(new HttpStatus(503))).toMatch(/^chain\/http-error: .*503/);
    expect(await words(new Broken('reset'))).toMatch(/^chain\/unreachable: The connection .* broke off/);
  });

  it('does not wait long for a URL at which no node ever answered', async () => {
    const clock = leapingClock();
    const { client } = await start(
      { height: 10, status: () => null },
      () => {
        throw new Page('<!DOCTYPE html>');
      },
      { clock },
    );
    await expect(client.lamports(addressOf('a'))).rejects.toMatchObject({ code: 'chain/bad-answer' });
    expect(clock.nowMs()).toBeLessThanOrEqual(1_000);
  });

  it('fails at once when the request itself is at fault', async () => {
    const { client } = await start({ height: 10, status: () => null }, () => {
      throw new Fault({ code: -32602, message: 'Invalid params' });
    });
    await expect(client.lamports(addressOf('a'))).rejects.toMatchObject({
      code: 'chain/rpc-error',
      retry: false,
    });
    expect(node?.count('getBalance')).toBe(1);
  });

  it('outlives a restart of the node', async () => {
    const { client } = await start({ height: 10, status: () => null }, (method) =>
      method === 'getBalance' ? { context: { slot: 3 }, value: 5 } : undefined,
    );
    await client.lamports(addressOf('a'));
    await node?.close();
    const pending = client.lamports(addressOf('a'));
    node = await createScriptedNode(
      () => ({ context: { slot: 4 }, value: 6 }),
      Number(new URL(client.rpcUrl).port),
    );
    expect(await pending).toBe(6n);
  });

  it('is never answered from before what was seen: the least slot goes with it', async () => {
    const least: unknown[] = [];
    const { client, send } = await start(
      { height: 10, status: () => ({ ...confirmed, slot: 12 }) },
      (method, params, nth) => {
        if (method !== 'getBalance') return undefined;
        const [, config] = params as [unknown, { minContextSlot?: number; commitment?: string }];
        least.push(config.minContextSlot);
        if (nth === 3)
          throw new Fault({ code: -32016, message: 'Minimum context slot has not been reached' });
        return { context: { slot: nth === 1 ? 7 : 13 }, value: nth };
      },
    );
    await client.lamports(addressOf('a'));
    await send();
    await client.lamports(addressOf('a'));
    expect(await client.lamports(addressOf('a'))).toBe(4n);
    // Nothing was known at first; the transaction landed in 12; then 13 was read, and a node that lags was not believed.
    expect(least).toEqual([undefined, 12, 13, 13]);
  });
});

describe('a stop', () => {
  it('gives up what the chain drops, and tells', async () => {
    const stop = new AbortController();
    const warned: string[] = [];
    const log: Log = { ...silentLog, warn: (_, message) => void warned.push(message), child: () => log };
    const { send, client } = await start(
      { height: 10, status: () => null },
      (method) => {
        if (method === 'sendTransaction') stop.abort();
        if (method === 'getBalance') throw new Broken('silent');
        return undefined;
      },
      { clock: systemClock, log, signal: stop.signal },
    );
    // Without the stop both would wait for ten minutes; the test's own limit is one.
    const reading = client.lamports(addressOf('a'));
    await expect(send()).rejects.toMatchObject({ code: 'chain/abandoned', message: /may still land/ });
    await expect(reading).rejects.toMatchObject({ code: 'chain/stopped' });
    expect(warned).toEqual([expect.stringContaining('may still land')]);
    await expect(send()).rejects.toMatchObject({ code: 'chain/stopped' });
  });

  it('still hears of what lands in that time', async () => {
    const stop = new AbortController();
    let looks = 0;
    const { send } = await start(
      { height: 10, status: () => ((looks += 1) >= 3 ? confirmed : null) },
      (method) => {
        if (method === 'sendTransaction') stop.abort();
        return undefined;
      },
      { clock: systemClock, signal: stop.signal },
    );
    await expect(send()).resolves.toMatchObject({ slot: 5n });
  });
});
