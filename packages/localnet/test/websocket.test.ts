import { once } from 'node:events';
import { generateKeyPairSigner } from '@solana/kit';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAX_SUBSCRIPTIONS } from '../src/limits.ts';
import { startChain } from './fixture.ts';
import type { Harness } from './fixture.ts';

const dataOf = (message: Record<string, unknown>): unknown => message['params'];

let chain: Harness;
beforeAll(async () => {
  chain = await startChain();
});
afterAll(() => chain.net.close());

interface Connection {
  readonly call: (method: string, params?: readonly unknown[]) => Promise<Record<string, unknown>>;
  /** The next message that is no answer. */
  readonly next: () => Promise<Record<string, unknown>>;
  readonly socket: WebSocket;
}

async function connect(): Promise<Connection> {
  const socket = new WebSocket(chain.net.wsUrl);
  await once(socket, 'open');
  const answers = new Map<number, (value: Record<string, unknown>) => void>();
  const queue: Record<string, unknown>[] = [];
  let waiter: ((value: Record<string, unknown>) => void) | undefined;
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as Record<string, unknown>;
    if (typeof message['id'] === 'number') {
      answers.get(message['id'])?.(message);
    } else if (waiter === undefined) {
      queue.push(message);
    } else {
      waiter(message);
      waiter = undefined;
    }
  });
  let id = 0;
  return {
    socket,
    call(method, params = []) {
      id += 1;
      const mine = id;
      const answer = new Promise<Record<string, unknown>>((resolve) => answers.set(mine, resolve));
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: mine, method, params }));
      return answer;
    },
    next() {
      const first = queue.shift();
      return first === undefined ? new Promise((resolve) => (waiter = resolve)) : Promise.resolve(first);
    },
  };
}

it('tells a program subscriber what its filters pass, until it unsubscribes', async () => {
  const { call, next, socket } = await connect();
  const system = '11111111111111111111111111111111';
  const { result: id } = await call('programSubscribe', [
    system,
    { encoding: 'base64', filters: [{ dataSize: 0 }] },
  ]);
  const to = await generateKeyPairSigner();
  await chain.net.airdrop(to.address, 1_000_000_000n);
  const messages = [await next(), await next()];
  expect(messages).toContainEqual({
    jsonrpc: '2.0',
    method: 'programNotification',
    params: {
      subscription: id,
      result: {
        context: { slot: expect.any(Number) as unknown },
        value: {
          pubkey: to.address,
          account: expect.objectContaining({ lamports: 1_000_000_000, owner: system }) as unknown,
        },
      },
    },
  });
  expect((await call('programUnsubscribe', [id])).result).toBe(true);
  expect((await call('programUnsubscribe', [id])).error).toMatchObject({ code: -32602 });
  socket.close();
});

it('answers errors, ignores notifications and bounds subscriptions', async () => {
  const { call, socket } = await connect();
  expect((await call('nothingSubscribe')).error).toMatchObject({ code: -32601 });
  expect((await call('accountSubscribe', ['short'])).error).toMatchObject({ code: -32602 });
  socket.send('{"jsonrpc":"2.0","method":"ping"}');
  const answers = await Promise.all(
    Array.from({ length: MAX_SUBSCRIPTIONS + 1 }, () => call('rootSubscribe')),
  );
  expect(answers.filter((a) => 'error' in a)).toHaveLength(1);
  socket.close();
});

it('cuts off a message that is too long', async () => {
  const { socket } = await connect();
  const closed = once(socket, 'close');
  socket.send('x'.repeat(70_000));
  const [code] = (await closed) as [number];
  expect(code).toBe(1009);
});

it('says so where data is too long for base58, and goes on', async () => {
  const { call, next, socket } = await connect();
  const { address } = await generateKeyPairSigner();
  await call('accountSubscribe', [address]);
  const account = { lamports: 5_000_000n, owner: address, executable: false, data: new Uint8Array(200) };
  await chain.net.setAccounts([{ address, account }]);
  await chain.net.setAccounts([{ address, account: { ...account, data: new Uint8Array() } }]);
  expect(dataOf(await next())).toMatchObject({
    result: { value: { data: 'error: data too large for bs58 encoding', space: 200 } },
  });
  expect(dataOf(await next())).toMatchObject({ result: { value: { data: '', space: 0 } } });
  socket.close();
});
