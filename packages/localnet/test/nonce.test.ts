import {
  getAdvanceNonceAccountInstruction,
  getCreateAccountInstruction,
  getInitializeNonceAccountInstruction,
  getNonceDecoder,
  getTransferSolInstruction,
} from '@solana-program/system';
import {
  addSignersToTransactionMessage,
  address,
  appendTransactionMessageInstructions,
  compileTransaction,
  createTransactionMessage,
  generateKeyPairSigner,
  getBase58Decoder,
  getBase64Decoder,
  getBase64EncodedWireTransaction,
  getCompiledTransactionMessageEncoder,
  compileTransactionMessage,
  getSignatureFromTransaction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingDurableNonce,
  signTransactionMessageWithSigners,
} from '@solana/kit';
import type { Address, Instruction, KeyPairSigner, Nonce } from '@solana/kit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from '@media-network/runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLocalnet } from '../src/index.ts';
import { kitClient, rawCall, startChain } from './fixture.ts';
import type { Harness } from './fixture.ts';

const SYSTEM = address('11111111111111111111111111111111');
const RECENT_BLOCKHASHES = address('SysvarRecentB1ockHashes11111111111111111111');

let dir: string;
let chain: Harness;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'localnet-nonce-'));
  chain = await startChain({ dir, slotMs: 20 });
});
afterAll(async () => {
  await chain.net.close();
  await rm(dir, { recursive: true });
});

let account: Address;
let authority: KeyPairSigner;
beforeEach(async () => {
  const { client, payer } = chain;
  const signer = await generateKeyPairSigner();
  account = signer.address;
  authority = payer;
  const lamports = await client.rpc.getMinimumBalanceForRentExemption(80n).send();
  await client.run(payer, [
    getCreateAccountInstruction({ payer, newAccount: signer, lamports, space: 80, programAddress: SYSTEM }),
    getInitializeNonceAccountInstruction({ nonceAccount: account, nonceAuthority: authority.address }),
  ]);
  await nextSlot();
});

async function nextSlot(): Promise<void> {
  const slot = chain.net.slot();
  while (chain.net.slot() === slot) await new Promise((resolve) => setImmediate(resolve));
}

function nonceNow(): Nonce {
  const data = chain.net.account(account)?.data ?? new Uint8Array();
  return getNonceDecoder().decode(data).blockhash as string as Nonce; // kit names the same hash by two brands
}

const advance = (): Instruction =>
  getAdvanceNonceAccountInstruction({ nonceAccount: account, nonceAuthority: authority });

function message(nonce: Nonce, instructions: readonly Instruction[]) {
  return pipe(
    createTransactionMessage({ version: 0 }),
    (m) => setTransactionMessageFeePayerSigner(chain.payer, m),
    (m) =>
      setTransactionMessageLifetimeUsingDurableNonce(
        { nonce, nonceAccountAddress: account, nonceAuthorityAddress: authority.address },
        m,
      ),
    (m) => appendTransactionMessageInstructions(instructions, m),
    (m) => addSignersToTransactionMessage([authority], m),
  );
}

const sign = (nonce: Nonce, instructions: readonly Instruction[]) =>
  signTransactionMessageWithSigners(message(nonce, instructions));

const send = (transaction: Awaited<ReturnType<typeof sign>>, more: object = {}) =>
  rawCall(chain.net.rpcUrl, 'sendTransaction', [
    getBase64EncodedWireTransaction(transaction),
    { encoding: 'base64', ...more },
  ]);

const pay = (to: Address, amount = 1_000_000n): Instruction =>
  getTransferSolInstruction({ source: chain.payer, destination: to, amount });

describe('a durable nonce', () => {
  it('stands in the place of a blockhash, once', async () => {
    const to = (await generateKeyPairSigner()).address;
    const nonce = nonceNow();
    const transaction = await sign(nonce, [pay(to)]);
    expect((await send(transaction)).error).toBe(undefined);
    expect(chain.net.account(to)?.lamports).toBe(1_000_000n);
    expect(nonceNow()).not.toBe(nonce);
    await nextSlot();
    // The old one is used up, for this transaction and for any other.
    const again = await sign(nonce, [pay(to, 2_000_000n)]);
    expect((await send(again)).error).toMatchObject({ code: -32002, data: { err: 'BlockhashNotFound' } });
    const next = await sign(nonceNow(), [pay(to, 3_000_000n)]);
    expect((await send(next)).error).toBe(undefined);
    expect(chain.net.account(to)?.lamports).toBe(4_000_000n);
  });

  it('is made from the blockhash of the block, as its sysvar lists them', async () => {
    await send(await sign(nonceNow(), []));
    const parsed = await rawCall(chain.net.rpcUrl, 'getAccountInfo', [account, { encoding: 'jsonParsed' }]);
    expect(parsed.result).toMatchObject({
      value: { data: { program: 'nonce', parsed: { type: 'initialized', info: { blockhash: nonceNow() } } } },
    });
    const sysvar = await rawCall(chain.net.rpcUrl, 'getAccountInfo', [
      RECENT_BLOCKHASHES,
      { encoding: 'base64' },
    ]);
    const { value } = sysvar.result as { value: { data: [string]; space: number } };
    const data = Buffer.from(value.data[0], 'base64');
    expect(value.space).toBe(6_008);
    const latest = await chain.client.rpc.getLatestBlockhash().send();
    const hashes = Array.from({ length: Number(data.readBigUInt64LE(0)) }, (_, i) =>
      getBase58Decoder().decode(data.subarray(8 + 40 * i, 40 + 40 * i)),
    );
    expect(hashes.length).toBeGreaterThan(1);
    await nextSlot();
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(latest.value.blockhash).toBeTypeOf('string');
  });

  it('moves once a slot', async () => {
    const { net, client, payer } = await startChain({ slotMs: 3_600_000 });
    try {
      const signer = await generateKeyPairSigner();
      const lamports = await client.rpc.getMinimumBalanceForRentExemption(80n).send();
      await client.run(payer, [
        getCreateAccountInstruction({
          payer,
          newAccount: signer,
          lamports,
          space: 80,
          programAddress: SYSTEM,
        }),
        getInitializeNonceAccountInstruction({ nonceAccount: signer.address, nonceAuthority: payer.address }),
      ]);
      const transaction = await client.sign(payer, [
        getAdvanceNonceAccountInstruction({ nonceAccount: signer.address, nonceAuthority: payer }),
      ]);
      const answer = await rawCall(net.rpcUrl, 'sendTransaction', [
        getBase64EncodedWireTransaction(transaction),
        { encoding: 'base64' },
      ]);
      expect(answer.error?.data?.['err']).toEqual({ InstructionError: [0, { Custom: 7 }] });
    } finally {
      await net.close();
    }
  });

  it('is advanced by an ordinary transaction too', async () => {
    const nonce = nonceNow();
    await chain.client.run(chain.payer, [advance()]);
    expect(nonceNow()).not.toBe(nonce);
  });

  it('is used up by a transaction that fails', async () => {
    const nonce = nonceNow();
    const transaction = await sign(nonce, [pay(account, 10n ** 18n)]);
    expect((await send(transaction)).error).toMatchObject({ code: -32002 });
    // A preflight costs nothing.
    expect(nonceNow()).toBe(nonce);
    const before = chain.net.account(chain.payer.address)?.lamports ?? 0n;
    expect((await send(transaction, { skipPreflight: true })).error).toBe(undefined);
    expect(chain.net.account(chain.payer.address)?.lamports).toBe(before - 5_000n);
    expect(nonceNow()).not.toBe(nonce);
    const { value } = await chain.client.rpc
      .getSignatureStatuses([getSignatureFromTransaction(transaction)])
      .send();
    expect(value[0]?.err).not.toBe(null);
  });

  it('is nothing without the signature of its authority', async () => {
    const stranger = await generateKeyPairSigner();
    const nonce = nonceNow();
    const own = authority;
    authority = stranger;
    const transaction = await sign(nonce, []);
    authority = own;
    expect((await send(transaction)).error?.data?.['err']).toBe('BlockhashNotFound');
    expect(nonceNow()).toBe(nonce);
  });

  it('is simulated, and its fee is told', async () => {
    const nonce = nonceNow();
    const built = message(nonce, []);
    const simulated = await rawCall(chain.net.rpcUrl, 'simulateTransaction', [
      getBase64EncodedWireTransaction(compileTransaction(built)),
      { encoding: 'base64', accounts: { encoding: 'base64', addresses: [account] } },
    ]);
    const { value } = simulated.result as { value: { err: unknown; accounts: [{ data: [string] }] } };
    expect(value.err).toBe(null);
    const shown = getNonceDecoder().decode(Buffer.from(value.accounts[0].data[0], 'base64')).blockhash;
    expect(shown).not.toBe(nonce);
    expect(nonceNow()).toBe(nonce);
    const bytes = getCompiledTransactionMessageEncoder().encode(compileTransactionMessage(built));
    const fee = await rawCall(chain.net.rpcUrl, 'getFeeForMessage', [getBase64Decoder().decode(bytes)]);
    expect(fee.result).toMatchObject({ value: 5_000 });
  });

  it('cannot be replayed after a restart', async () => {
    const to = (await generateKeyPairSigner()).address;
    const transaction = await sign(nonceNow(), [pay(to)]);
    await send(transaction);
    const nonce = nonceNow();
    await chain.net.close();
    const net = await createLocalnet({ clock: systemClock, log: silentLog }, { dir });
    chain = { ...chain, net, client: kitClient(net) };
    expect(nonceNow()).toBe(nonce);
    expect((await send(transaction)).error).toMatchObject({ code: -32002 });
    expect(chain.net.account(to)?.lamports).toBe(1_000_000n);
    await nextSlot();
    expect((await send(await sign(nonce, [pay(to, 2_000_000n)]))).error).toBe(undefined);
  });
});
