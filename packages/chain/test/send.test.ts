import { silentLog } from '@media-network/runtime';
import { afterEach, describe, expect, it } from 'vitest';

import { createMediaClient, createWallet } from '../src/index.ts';
import type { MediaClient, SendResult } from '../src/index.ts';
import { addressOf } from '../src/program-world/index.ts';
import { HttpStatus, createScriptedNode } from './scripted-node.ts';
import type { Script, ScriptedNode } from './scripted-node.ts';
import { LAST_VALID, confirmed, leapingClock, nodeScript } from './scripted-world.ts';
import type { World } from './scripted-world.ts';

describe('send', () => {
  let node: ScriptedNode | undefined;
  afterEach(async () => {
    await node?.close();
    node = undefined;
  });

  async function start(
    world: World,
    override?: Script,
  ): Promise<{ client: MediaClient; sent: string[]; send: (timeoutMs?: number) => Promise<SendResult> }> {
    const sent: string[] = [];
    node = await createScriptedNode(nodeScript(world, sent, override));
    const client = createMediaClient({
      rpcUrl: node.url,
      wsUrl: null,
      programId: addressOf('p'),
      clock: leapingClock(),
      log: silentLog,
    });
    const payer = await createWallet(new Uint8Array(32).fill(1));
    const leave = await client.instructions.leaveEdge({ owner: payer });
    return { client, sent, send: (timeoutMs = 600_000) => client.send([leave], { payer, timeoutMs }) };
  }

  it('sends again what was dropped, without signing anew', async () => {
    const { sent, send } = await start({
      height: 10,
      status: (_, all) => (all.length >= 3 ? confirmed : null),
    });
    await expect(send()).resolves.toMatchObject({ slot: 5n, computeUnits: 500 });
    expect(sent).toHaveLength(3);
    expect(new Set(sent).size).toBe(1);
  });

  it('signs anew when the blockhash has expired and nothing has landed', async () => {
    const world: World = {
      height: LAST_VALID + 1,
      status: (_, all) => (new Set(all).size === 2 ? confirmed : null),
    };
    const { sent, send } = await start(world);
    await expect(send()).resolves.toMatchObject({ slot: 5n });
    expect(new Set(sent).size).toBe(2);
    expect(node?.count('getLatestBlockhash')).toBe(2);
  });

  it('does not sign anew on the word of a node that lags behind', async () => {
    const world: World = { height: LAST_VALID + 1, statusSlot: LAST_VALID - 5, status: () => null };
    let looks = 0;
    world.status = () => {
      looks += 1;
      if (looks === 9) world.statusSlot = LAST_VALID + 1;
      return looks >= 9 ? confirmed : null;
    };
    const { sent, send } = await start(world);
    await expect(send()).resolves.toMatchObject({ slot: 5n });
    expect(new Set(sent).size).toBe(1);
  });

  it('gives up after so many expired signatures', async () => {
    const world: World = { height: 100_000, status: () => null };
    const { sent, send } = await start(world);
    await expect(send()).rejects.toMatchObject({ code: 'chain/blockhash-expired', retry: true });
    expect(new Set(sent).size).toBe(4);
  });

  it('does not take a lower commitment for landed, and says so in the end', async () => {
    const { send } = await start({
      height: 10,
      status: () => ({ ...confirmed, confirmationStatus: 'processed' }),
    });
    await expect(send(5_000)).rejects.toMatchObject({ code: 'chain/timeout', message: /may still land/ });
  });

  it('names the error of a status, its instruction counted without the budget', async () => {
    const err = { InstructionError: [1, { Custom: 6019 }] };
    const { send } = await start({ height: 10, status: () => ({ ...confirmed, err, status: { Err: err } }) });
    await expect(send()).rejects.toMatchObject({
      code: 'chain/not-active',
      message: 'leaveEdge: The node or resource is not active.',
      context: { instruction: 'leaveEdge', index: 0 },
    });
  });

  it('backs off when the node limits requests, and asks it no sooner than it says', async () => {
    const { send } = await start({ height: 10, status: () => confirmed }, (method, _, nth) => {
      if (method === 'getLatestBlockhash' && nth < 4) throw new HttpStatus(429, { 'retry-after': '7' });
    });
    await expect(send()).resolves.toMatchObject({ slot: 5n });
    expect(node?.count('getLatestBlockhash')).toBe(4);
  });

  it('says that a node limits requests when it never stops', async () => {
    const { client } = await start({ height: 10, status: () => confirmed }, () => {
      throw new HttpStatus(429);
    });
    await expect(client.chainTime()).rejects.toMatchObject({ code: 'chain/rate-limited', retry: true });
  });

  it('outlives a node that fails for a moment while a transaction is on its way', async () => {
    const { send } = await start({ height: 10, status: () => confirmed }, (method, _, nth) => {
      if (method === 'getSignatureStatuses' && nth < 3) throw new HttpStatus(500);
    });
    await expect(send()).resolves.toMatchObject({ slot: 5n });
  });

  it('says what to do when nothing answers', async () => {
    const { client } = await start({ height: 10, status: () => confirmed });
    const { url } = node ?? { url: '' };
    await node?.close();
    await expect(client.chainTime()).rejects.toMatchObject({
      code: 'chain/unreachable',
      message: `Nothing answers at ${url}: start a network with \`media up\` or a chain alone with \`media chain\`, or name another node with --url.`,
    });
  });
});
