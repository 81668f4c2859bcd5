import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getTransferSolInstruction } from '@solana-program/system';
import {
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
} from '@solana/kit';
import type { Address, KeyPairSigner } from '@solana/kit';
import { errorCode, silentLog, systemClock } from '@media-network/runtime';
import { LiteSvm } from 'litesvm/dist/internal.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLocalnet } from '../src/index.ts';
import type { Localnet, LocalnetOptions, OpenAppendFile } from '../src/index.ts';
import { openAppendFile } from '../src/ledger/files.ts';
import { kitClient, rawCall, startChain } from './fixture.ts';
import type { KitClient } from './fixture.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'localnet-durable-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const reopen = (
  options: Partial<LocalnetOptions> = {},
  openFile: OpenAppendFile = openAppendFile,
): Promise<Localnet> => createLocalnet({ clock: systemClock, log: silentLog, openFile }, { dir, ...options });

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => expect.unreachable('was accepted'),
    (error: unknown) => errorCode(error),
  );

async function pay(client: KitClient, payer: KeyPairSigner, to: Address, amount: bigint) {
  return client.run(payer, [getTransferSolInstruction({ source: payer, destination: to, amount })]);
}

describe('a restart', () => {
  it('keeps accounts, history, statuses, the genesis and the replay cache', async () => {
    const { net, client, payer } = await startChain({ dir });
    const to = await generateKeyPairSigner();
    const sent = await pay(client, payer, to.address, 1_000_000_000n);
    const slot = net.slot();
    await net.close();

    const again = await reopen();
    try {
      const { rpc } = kitClient(again);
      expect(again.genesisHash).toBe(net.genesisHash);
      expect(again.slot()).toBeGreaterThanOrEqual(slot);
      expect((await rpc.getBalance(to.address).send()).value).toBe(1_000_000_000n);
      const signature = getSignatureFromTransaction(sent);
      expect((await rpc.getSignatureStatuses([signature]).send()).value[0]?.err).toBe(null);
      expect((await rpc.getSignaturesForAddress(to.address).send()).map((s) => s.signature)).toEqual([
        signature,
      ]);
      // Its blockhash is still good; it must not run a second time.
      const replay = await rawCall(again.rpcUrl, 'sendTransaction', [
        getBase64EncodedWireTransaction(sent),
        { encoding: 'base64' },
      ]);
      expect(replay.error?.data?.['err']).toBe('AlreadyProcessed');
    } finally {
      await again.close();
    }
  });

  it('reads snapshots: old logs go, nothing else does', async () => {
    const { net, client, payer } = await startChain({ dir, logRotateBytes: 5000 });
    const to = await generateKeyPairSigner();
    const signatures: string[] = [];
    for (let i = 1n; i <= 40n; i += 1n)
      signatures.push(getSignatureFromTransaction(await pay(client, payer, to.address, 1_000_000n + i)));
    await net.close();
    const names = await readdir(dir);
    expect(names.filter((n) => n.startsWith('snapshot-'))).not.toContain('snapshot-0');
    expect(names).not.toContain('log-0');

    const again = await reopen();
    try {
      const { rpc } = kitClient(again);
      expect((await rpc.getBalance(to.address).send()).value).toBe(40_000_820n);
      const listed = await rpc.getSignaturesForAddress(to.address).send();
      expect(listed.map((s) => s.signature)).toEqual(signatures.toReversed());
      const [third] = listed.slice(37);
      const page = await rpc
        .getSignaturesForAddress(to.address, { before: third!.signature, limit: 1 })
        .send();
      expect(page.map((s) => s.signature)).toEqual([signatures[1]]);
      expect(await rpc.getTransactionCount().send()).toBe(41n);
    } finally {
      await again.close();
    }
  });

  it('rebuilds the index from the log', async () => {
    const { net, client, payer } = await startChain({ dir });
    const to = await generateKeyPairSigner();
    await pay(client, payer, to.address, 1_000_000_000n);
    await net.close();
    await rm(join(dir, 'history.db'));
    const again = await reopen();
    try {
      expect(await kitClient(again).rpc.getSignaturesForAddress(to.address).send()).toHaveLength(1);
    } finally {
      await again.close();
    }
  });
});

async function twoPayments(): Promise<{ to: Address; log: string; bytes: Buffer; afterFirst: number }> {
  const { net, client, payer } = await startChain({ dir });
  const to = await generateKeyPairSigner();
  const log = join(dir, 'log-0');
  await pay(client, payer, to.address, 1_000_000_000n);
  const afterFirst = (await readFile(log)).length;
  await pay(client, payer, to.address, 2_000_000_000n);
  await net.close();
  return { to: to.address, log, bytes: await readFile(log), afterFirst };
}

describe('damage', () => {
  it('cuts a torn tail at any byte and keeps what was before it', async () => {
    const { to, log, bytes, afterFirst } = await twoPayments();
    for (const cut of [
      afterFirst + 1,
      afterFirst + 23,
      afterFirst + 24,
      afterFirst + 200,
      bytes.length - 1,
    ]) {
      await rm(join(dir, 'history.db'), { force: true });
      await writeFile(log, bytes.subarray(0, cut));
      const net = await reopen();
      expect(net.account(to)?.lamports).toBe(1_000_000_000n);
      await net.close();
      expect((await readFile(log)).length).toBe(afterFirst);
    }
  });

  it('stops at damage that has records after it', async () => {
    const { log, bytes, afterFirst } = await twoPayments();
    for (const at of [5, 30, afterFirst - 3]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      await writeFile(log, damaged);
      expect(await codeOf(reopen())).toBe('localnet/log-corrupt');
    }
  });

  it('stops at a damaged snapshot', async () => {
    await twoPayments();
    const path = join(dir, 'snapshot-0');
    const bytes = await readFile(path);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 0xff;
    await writeFile(path, bytes);
    expect(await codeOf(reopen())).toBe('localnet/snapshot-corrupt');
  });
});

describe('a full disk', () => {
  it('fails the send, undoes its effect and goes on when there is room', async () => {
    let full = false;
    const openFile: OpenAppendFile = async (path) => {
      const file = await openAppendFile(path);
      return {
        ...file,
        async write(bytes, at) {
          if (!full) return file.write(bytes, at);
          // Like a real disk: some of it still fits.
          await file.write(bytes.subarray(0, 100), at);
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        },
      };
    };
    const net = await reopen({}, openFile);
    const client = kitClient(net);
    const [payer, to] = await Promise.all([generateKeyPairSigner(), generateKeyPairSigner()]);
    await net.airdrop(payer.address, 10_000_000_000n);
    const payment = (amount: bigint) =>
      client.sign(payer, [getTransferSolInstruction({ source: payer, destination: to.address, amount })]);
    const send = async (transaction: Awaited<ReturnType<typeof payment>>) =>
      rawCall(net.rpcUrl, 'sendTransaction', [
        getBase64EncodedWireTransaction(transaction),
        { encoding: 'base64' },
      ]);
    const first = await payment(1_000_000_000n);
    const others = await Promise.all([payment(1_000_000_001n), payment(1_000_000_002n)]);
    full = true;
    const answers = await Promise.all([first, ...others].map(send));
    for (const answer of answers) {
      expect(answer.error?.data).toEqual({ code: 'localnet/disk-full' });
      expect(answer.error?.message).toContain('disk is full');
    }
    expect(net.account(to.address)).toBe(undefined);
    expect(net.account(payer.address)?.lamports).toBe(10_000_000_000n);
    expect(
      (await client.rpc.getSignatureStatuses([getSignatureFromTransaction(first)]).send()).value,
    ).toEqual([null]);
    full = false;
    // The same transaction, not a new one: it had no effect, so it is no replay.
    expect((await send(first)).error).toBe(undefined);
    await net.close();
    const again = await reopen();
    expect(again.account(to.address)?.lamports).toBe(1_000_000_000n);
    expect(again.account(payer.address)?.lamports).toBe(8_999_995_000n);
    await again.close();
  });

  it('accepts nothing more after a failed sync', async () => {
    let broken = false;
    const openFile: OpenAppendFile = async (path) => {
      const file = await openAppendFile(path);
      return {
        ...file,
        sync: () =>
          broken ? Promise.reject(Object.assign(new Error('i/o error'), { code: 'EIO' })) : file.sync(),
      };
    };
    const net = await reopen({}, openFile);
    const to = await generateKeyPairSigner();
    broken = true;
    expect(await codeOf(net.airdrop(to.address, 1_000_000_000n))).toBe('localnet/log-failed');
    broken = false;
    expect(await codeOf(net.airdrop(to.address, 1_000_000_000n))).toBe('localnet/log-failed');
    expect(net.account(to.address)).toBe(undefined);
    await net.close();
  });
});

describe('taken resources', () => {
  it('refuses a folder that is in use', async () => {
    const net = await reopen();
    expect(await codeOf(reopen())).toBe('localnet/locked');
    await net.close();
    await (await reopen()).close();
  });

  it('names the port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const failed = createLocalnet({ clock: systemClock, log: silentLog }, { dir: undefined, rpcPort: port });
    await expect(failed).rejects.toMatchObject({
      code: 'localnet/port-in-use',
      message: expect.stringContaining(`Port ${port} on 127.0.0.1`) as unknown,
    });
    // What had been started before is closed again: the folder is free.
    expect(await codeOf(reopen({ rpcPort: port }))).toBe('localnet/port-in-use');
    await (await reopen()).close();
    other.close();
  });
});

it('restarts from what the log says, and runs no transaction again', async () => {
  const run = (['sendLegacyTransaction', 'sendVersionedTransaction'] as const).map((name) =>
    vi.spyOn(LiteSvm.prototype, name),
  );
  const runs = (): number => run.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  const { net } = await startChain({ dir });
  const to = await generateKeyPairSigner();
  for (let i = 0; i < 20; i += 1) {
    await Promise.all(Array.from({ length: 100 }, () => net.airdrop(to.address, 1_000_000n)));
  }
  await net.close();
  expect(runs()).toBeGreaterThanOrEqual(2_000);
  // What a restart reads: some 1,800 bytes a transaction, whatever it took to run it.
  const { size } = await stat(join(dir, 'log-0'));
  expect(size).toBeGreaterThan(500_000);
  expect(size).toBeLessThan(2_000 * 2_500);
  const before = runs();
  const again = await reopen();
  expect(again.account(to.address)?.lamports).toBe(2_000_000_000n);
  await again.close();
  expect(runs()).toBe(before);
  for (const spy of run) spy.mockRestore();
});
