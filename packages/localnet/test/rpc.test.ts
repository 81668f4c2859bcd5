import { request } from 'node:http';
import { zstdDecompressSync } from 'node:zlib';
import { getTransferSolInstruction } from '@solana-program/system';
import {
  address,
  generateKeyPairSigner,
  getBase58Decoder,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  getCompiledTransactionMessageDecoder,
} from '@solana/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METHOD_NAMES } from '../src/rpc/dispatch.ts';
import { rawCall, rawPost, startChain } from './fixture.ts';
import type { Harness, RawAnswer } from './fixture.ts';

let chain: Harness;
let call: (method: string, params?: readonly unknown[]) => Promise<RawAnswer>;
let value: (method: string, params?: readonly unknown[]) => Promise<unknown>;
beforeAll(async () => {
  chain = await startChain();
  call = (method, params = []) => rawCall(chain.net.rpcUrl, method, params);
  value = async (method, params) => ((await call(method, params)).result as { value: unknown }).value;
});
afterAll(() => chain.net.close());

const PROGRAM = address('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr');

describe('JSON-RPC', () => {
  it('answers malformed requests as the specification says', async () => {
    const { rpcUrl } = chain.net;
    const codes = async (body: string): Promise<unknown> =>
      ((await rawPost(rpcUrl, body)) as RawAnswer).error?.code;
    expect(await codes('{')).toBe(-32700);
    expect(await codes('[]')).toBe(-32600);
    expect(await codes('1')).toBe(-32600);
    expect(await codes('{"id":1,"method":"getSlot"}')).toBe(-32600);
    expect(await codes('{"jsonrpc":"2.0","id":1,"method":"getNothing"}')).toBe(-32601);
    expect(await codes('{"jsonrpc":"2.0","id":1,"method":"getBalance","params":{"a":1}}')).toBe(-32602);
    expect(await codes('{"jsonrpc":"2.0","id":1,"method":"getBalance","params":["short"]}')).toBe(-32602);
    expect(await codes('{"jsonrpc":"2.0","id":1,"method":"getSlot","params":[{"commitment":"maybe"}]}')).toBe(
      -32602,
    );
    expect(await codes(`[${Array.from({ length: 257 }, () => '1').join(',')}]`)).toBe(-32600);
  });

  it('answers batches in order, without notifications', async () => {
    const answers = (await rawPost(
      chain.net.rpcUrl,
      JSON.stringify([
        { jsonrpc: '2.0', id: 'a', method: 'getHealth' },
        { jsonrpc: '2.0', method: 'getHealth' },
        { jsonrpc: '2.0', id: 'b', method: 'getGenesisHash' },
      ]),
    )) as RawAnswer[];
    expect(answers.map((a) => [a.id, a.result])).toEqual([
      ['a', 'ok'],
      ['b', chain.net.genesisHash],
    ]);
  });

  it('refuses a body that is too large and lets web pages ask', async () => {
    const { rpcUrl } = chain.net;
    const preflight = await fetch(rpcUrl, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    const status = await new Promise((resolve, reject) => {
      const sending = request(rpcUrl, { method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on('error', reject);
      sending.end(Buffer.alloc(4 * 1024 * 1024 + 1, 32));
    });
    expect(status).toBe(413);
  });

  it('keeps connections open for as long as web3.js counts on it', async () => {
    const answer = await fetch(chain.net.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"getSlot"}',
    });
    await answer.text();
    expect(Number(/timeout=(\d+)/.exec(answer.headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThan(19);
  });

  it('has every method that clients were promised', () => {
    const promised =
      'getLatestBlockhash sendTransaction getEpochInfo getSignatureStatuses getAccountInfo getMultipleAccounts getProgramAccounts getBalance getTokenAccountsByOwner getTokenAccountBalance getTokenSupply getMinimumBalanceForRentExemption simulateTransaction getFeeForMessage isBlockhashValid getBlockHeight getSlot getBlockTime getSignaturesForAddress getTransaction getGenesisHash getVersion getHealth getIdentity getRecentPrioritizationFees requestAirdrop getTransactionCount';
    expect(promised.split(' ').filter((name) => !METHOD_NAMES.includes(name))).toEqual([]);
  });

  it('holds answers back until the slot a client asks for', async () => {
    const answer = await call('getBalance', [PROGRAM, { minContextSlot: 1e9 }]);
    expect(answer.error?.code).toBe(-32016);
    expect(answer.error?.data).toHaveProperty('contextSlot');
  });
});

describe('accounts', () => {
  it('come in every encoding', async () => {
    const bytes = chain.net.account(PROGRAM)?.data ?? new Uint8Array();
    const data = async (config: object): Promise<[string, string]> =>
      ((await value('getAccountInfo', [PROGRAM, config])) as { data: [string, string] }).data;
    expect((await data({ encoding: 'base64' }))[0]).toBe(Buffer.from(bytes).toString('base64'));
    const [zstd, name] = await data({ encoding: 'base64+zstd' });
    expect(name).toBe('base64+zstd');
    expect(zstdDecompressSync(Buffer.from(zstd, 'base64')).equals(bytes)).toBe(true);
    const slice = { offset: 3, length: 20 };
    expect((await data({ encoding: 'base58', dataSlice: slice }))[0]).toBe(
      getBase58Decoder().decode(bytes.subarray(3, 23)),
    );
    expect(await data({ dataSlice: slice })).toBe(getBase58Decoder().decode(bytes.subarray(3, 23)));
    expect((await call('getAccountInfo', [PROGRAM])).error).toMatchObject({
      code: -32600,
      message: expect.stringContaining('128 bytes') as unknown,
    });
    expect((await data({ encoding: 'jsonParsed' }))[1]).toBe('base64');
    expect(await value('getAccountInfo', [(await generateKeyPairSigner()).address])).toBe(null);
    expect(
      await value('getMultipleAccounts', [[(await generateKeyPairSigner()).address, chain.payer.address]]),
    ).toEqual([
      null,
      expect.objectContaining({ owner: '11111111111111111111111111111111', executable: false, space: 0 }),
    ]);
  });

  it('of bundled programs are listed with their loader', async () => {
    const answer = await call('getProgramAccounts', [
      'BPFLoader2111111111111111111111111111111111',
      { encoding: 'base64', dataSlice: { offset: 0, length: 0 } },
    ]);
    expect((answer.result as { pubkey: string }[]).map((a) => a.pubkey)).toContain(PROGRAM);
  });
});

describe('transactions', () => {
  it('with a wrong or missing signature are refused by the preflight', async () => {
    const { client, payer } = chain;
    const to = await generateKeyPairSigner();
    const signed = await client.sign(payer, [
      getTransferSolInstruction({ source: payer, destination: to.address, amount: 1_000_000_000n }),
    ]);
    const bytes = Buffer.from(getBase64EncodedWireTransaction(signed), 'base64');
    for (const spoil of [
      (b: Buffer) => b.writeUInt8(b.readUInt8(10) ^ 1, 10),
      (b: Buffer) => b.fill(0, 1, 65),
    ]) {
      const wrong = Buffer.from(bytes);
      spoil(wrong);
      const answer = await call('sendTransaction', [wrong.toString('base64'), { encoding: 'base64' }]);
      expect(answer.error).toMatchObject({ code: -32002, data: { err: 'SignatureFailure', fee: null } });
      await call('sendTransaction', [wrong.toString('base64'), { encoding: 'base64', skipPreflight: true }]);
      expect(chain.net.account(to.address)).toBe(undefined);
    }
    for (const malformed of [
      bytes.subarray(0, 80),
      Buffer.concat([bytes, Buffer.from([0])]),
      Buffer.alloc(1300),
    ]) {
      const answer = await call('sendTransaction', [malformed.toString('base64'), { encoding: 'base64' }]);
      expect(answer.error?.code).toBe(-32602);
    }
  });

  it('are simulated without effect', async () => {
    const { client, payer } = chain;
    const to = await generateKeyPairSigner();
    const signed = await client.sign(payer, [
      getTransferSolInstruction({ source: payer, destination: to.address, amount: 1_000_000_000n }),
    ]);
    const bytes = Buffer.from(getBase64EncodedWireTransaction(signed), 'base64');
    const accounts = { addresses: [to.address, payer.address], encoding: 'base64' };
    const before = chain.net.account(payer.address)?.lamports;
    const good = (await value('simulateTransaction', [
      bytes.toString('base64'),
      { encoding: 'base64', accounts },
    ])) as {
      err: unknown;
      unitsConsumed: number;
      accounts: { lamports: number }[];
    };
    expect([good.err, good.unitsConsumed, good.accounts[0]?.lamports]).toEqual([null, 150, 1_000_000_000]);
    expect(chain.net.account(payer.address)?.lamports).toBe(before);

    // Unsigned and with a blockhash that never was: a wallet's preview.
    const preview = Buffer.from(bytes);
    preview.fill(0, 1, 65);
    const blockhash = getCompiledTransactionMessageDecoder().decode(signed.messageBytes).lifetimeToken;
    const at = preview.indexOf(Buffer.from(getBase58Bytes(blockhash)));
    preview.fill(7, at, at + 32);
    const text = preview.toString('base64');
    expect(await value('simulateTransaction', [text, { encoding: 'base64' }])).toMatchObject({
      err: 'BlockhashNotFound',
    });
    expect(
      await value('simulateTransaction', [text, { encoding: 'base64', replaceRecentBlockhash: true }]),
    ).toMatchObject({
      err: null,
      replacementBlockhash: { blockhash: expect.any(String) as unknown },
    });
    expect(await value('simulateTransaction', [text, { encoding: 'base64', sigVerify: true }])).toMatchObject(
      { err: 'SignatureFailure', fee: null },
    );
    expect(
      (
        await call('simulateTransaction', [
          text,
          { encoding: 'base64', sigVerify: true, replaceRecentBlockhash: true },
        ])
      ).error?.code,
    ).toBe(-32602);
  });

  it('cost what getFeeForMessage says, with a priority fee too', async () => {
    const { client, payer } = chain;
    const to = await generateKeyPairSigner();
    const budget = address('ComputeBudget111111111111111111111111111111');
    const limit = Buffer.from([2, 0, 0, 0, 0]);
    limit.writeUInt32LE(12_345, 1);
    const price = Buffer.alloc(9);
    price[0] = 3;
    price.writeBigUInt64LE(1_234_567n, 1);
    const move = getTransferSolInstruction({
      source: payer,
      destination: to.address,
      amount: 1_000_000_000n,
    });
    const lists = [
      [move],
      [move, move],
      [{ programAddress: budget, data: price }, move],
      [{ programAddress: budget, data: limit }, { programAddress: budget, data: price }, move],
      [{ programAddress: budget, data: price }, { programAddress: PROGRAM, data: Buffer.from('x') }, move],
    ];
    for (const instructions of lists) {
      const signed = await client.sign(payer, instructions);
      const told = await value('getFeeForMessage', [Buffer.from(signed.messageBytes).toString('base64')]);
      await client.sendAndConfirm(signed);
      const { result } = await call('getTransaction', [
        getSignatureFromTransaction(signed),
        { maxSupportedTransactionVersion: 0 },
      ]);
      expect((result as { meta: { fee: number } }).meta.fee).toBe(told);
    }
  });

  it('are listed parsed as far as there is a parser', async () => {
    const { client, payer } = chain;
    const to = await generateKeyPairSigner();
    const signed = await client.run(payer, [
      getTransferSolInstruction({ source: payer, destination: to.address, amount: 1_000_000_000n }),
      { programAddress: PROGRAM, data: Buffer.from('for coffee') },
    ]);
    const { result } = await call('getTransaction', [
      getSignatureFromTransaction(signed),
      { encoding: 'jsonParsed', maxSupportedTransactionVersion: 0 },
    ]);
    expect(result).toMatchObject({
      transaction: {
        message: {
          accountKeys: expect.arrayContaining([
            { pubkey: payer.address, signer: true, writable: true, source: 'transaction' },
            { pubkey: PROGRAM, signer: false, writable: false, source: 'transaction' },
          ]) as unknown,
          instructions: [
            {
              program: 'system',
              programId: '11111111111111111111111111111111',
              parsed: {
                type: 'transfer',
                info: { source: payer.address, destination: to.address, lamports: 1_000_000_000 },
              },
              stackHeight: 1,
            },
            { program: 'spl-memo', programId: PROGRAM, parsed: 'for coffee', stackHeight: 1 },
          ],
        },
      },
    });
    expect((await call('getTransaction', [getSignatureFromTransaction(signed)])).error?.code).toBe(-32015);
    const listed = (await call('getSignaturesForAddress', [to.address])).result;
    expect(listed).toMatchObject([{ memo: '[10] for coffee', err: null, confirmationStatus: 'finalized' }]);
  });
});

function getBase58Bytes(text: string): Uint8Array {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  let number = 0n;
  for (const letter of text) number = number * 58n + BigInt(alphabet.indexOf(letter));
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
}
