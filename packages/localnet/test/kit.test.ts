import {
  getCreateAccountInstruction,
  getTransferSolInstruction,
  isSystemError,
  SYSTEM_ERROR__RESULT_WITH_NEGATIVE_LAMPORTS,
} from '@solana-program/system';
import {
  TOKEN_PROGRAM_ADDRESS,
  fetchToken,
  findAssociatedTokenPda,
  getCreateAssociatedTokenIdempotentInstruction,
  getInitializeMint2Instruction,
  getMintSize,
  getMintToCheckedInstruction,
  getTransferCheckedInstruction,
} from '@solana-program/token';
import {
  address,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
  SOLANA_ERROR__TRANSACTION_ERROR__ALREADY_PROCESSED,
  SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND,
  airdropFactory,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  isSolanaError,
  lamports,
} from '@solana/kit';
import type { Address, KeyPairSigner } from '@solana/kit';
import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain } from './fixture.ts';
import type { Harness } from './fixture.ts';

let chain: Harness;
beforeAll(async () => {
  chain = await startChain();
});
afterAll(() => chain.net.close());

const transfer = (from: KeyPairSigner, to: Address, amount: bigint) =>
  getTransferSolInstruction({ source: from, destination: to, amount });

/** What sending fails with; the test fails if it does not. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('was accepted'),
    (error: unknown) => error,
  );
}

const amounts = (
  balances: readonly { mint: Address; owner?: Address; uiTokenAmount: { amount: string } }[] | undefined,
) => Object.fromEntries((balances ?? []).map((b) => [b.owner, b.uiTokenAmount.amount]));

const first = async <T>(source: AsyncIterable<T>): Promise<T> => {
  for await (const value of source) return value;
  return expect.unreachable('the subscription ended');
};

describe('stock kit', () => {
  it('sends and confirms over rpc and subscriptions', async () => {
    const { client, payer } = chain;
    const to = await generateKeyPairSigner();
    const sent = await client.run(payer, [transfer(payer, to.address, 2_000_000_000n)]);
    expect((await client.rpc.getBalance(to.address).send()).value).toBe(2_000_000_000n);
    const found = await client.rpc
      .getTransaction(getSignatureFromTransaction(sent), {
        maxSupportedTransactionVersion: 0,
        encoding: 'json',
      })
      .send();
    expect(found?.meta?.fee).toBe(5000n);
    expect(found?.transaction.message.accountKeys[0]).toBe(payer.address);
    const base64 = await client.rpc
      .getTransaction(getSignatureFromTransaction(sent), {
        maxSupportedTransactionVersion: 0,
        encoding: 'base64',
      })
      .send();
    expect(base64?.transaction[0]).toBe(getBase64EncodedWireTransaction(sent));
  });

  it('gives an airdrop, twice the same', async () => {
    const { client } = chain;
    const to = await generateKeyPairSigner();
    const airdrop = airdropFactory({ rpc: client.rpc, rpcSubscriptions: client.subscriptions });
    const wanted = {
      recipientAddress: to.address,
      lamports: lamports(1_500_000_000n),
      commitment: 'confirmed',
    } as const;
    await airdrop(wanted);
    await airdrop(wanted);
    expect((await client.rpc.getBalance(to.address).send()).value).toBe(3_000_000_000n);
  });

  it('raises the typed error of a failed preflight', async () => {
    const { client, payer } = chain;
    const to = await generateKeyPairSigner();
    const transaction = await client.sign(payer, [transfer(payer, to.address, 10n ** 15n)]);
    const error = await failure(client.sendAndConfirm(transaction));
    if (!isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE))
      throw error;
    expect(
      isSystemError(
        error.cause,
        { instructions: { 0: { programAddress: address('11111111111111111111111111111111') } } },
        SYSTEM_ERROR__RESULT_WITH_NEGATIVE_LAMPORTS,
      ),
    ).toBe(true);
    expect(error.context.logs?.join('\n')).toContain('insufficient lamports');
  });

  it('refuses a replay', async () => {
    const { client, payer } = chain;
    const to = await generateKeyPairSigner();
    const sent = await client.run(payer, [transfer(payer, to.address, 1_000_000_000n)]);
    const error = await failure(
      client.rpc.sendTransaction(getBase64EncodedWireTransaction(sent), { encoding: 'base64' }).send(),
    );
    if (!isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE))
      throw error;
    expect(isSolanaError(error.cause, SOLANA_ERROR__TRANSACTION_ERROR__ALREADY_PROCESSED)).toBe(true);
    // Without preflight it is dropped in silence, as on a cluster, and does nothing.
    await client.rpc
      .sendTransaction(getBase64EncodedWireTransaction(sent), { encoding: 'base64', skipPreflight: true })
      .send();
    expect((await client.rpc.getBalance(to.address).send()).value).toBe(1_000_000_000n);
  });

  it('lands a failing transaction without preflight, for its fee', async () => {
    const { client, payer } = chain;
    const to = await generateKeyPairSigner();
    const before = (await client.rpc.getBalance(payer.address).send()).value;
    const transaction = await client.sign(payer, [transfer(payer, to.address, 10n ** 15n)]);
    await client.rpc
      .sendTransaction(getBase64EncodedWireTransaction(transaction), {
        encoding: 'base64',
        skipPreflight: true,
      })
      .send();
    const { value } = await client.rpc
      .getSignatureStatuses([getSignatureFromTransaction(transaction)])
      .send();
    expect(value[0]?.err).toEqual({ InstructionError: [0n, { Custom: 1n }] });
    expect((await client.rpc.getBalance(payer.address).send()).value).toBe(before - 5000n);
  });

  it('mints and moves SPL tokens', async () => {
    const { client, payer } = chain;
    const [mint, bob] = await Promise.all([generateKeyPairSigner(), generateKeyPairSigner()]);
    const space = BigInt(getMintSize());
    const rent = await client.rpc.getMinimumBalanceForRentExemption(space).send();
    const ata = async (owner: Address) =>
      (await findAssociatedTokenPda({ owner, mint: mint.address, tokenProgram: TOKEN_PROGRAM_ADDRESS }))[0];
    const [mine, his] = await Promise.all([ata(payer.address), ata(bob.address)]);
    await client.run(payer, [
      getCreateAccountInstruction({
        payer,
        newAccount: mint,
        lamports: rent,
        space,
        programAddress: TOKEN_PROGRAM_ADDRESS,
      }),
      getInitializeMint2Instruction({ mint: mint.address, decimals: 6, mintAuthority: payer.address }),
      getCreateAssociatedTokenIdempotentInstruction({
        payer,
        ata: mine,
        owner: payer.address,
        mint: mint.address,
      }),
      getCreateAssociatedTokenIdempotentInstruction({
        payer,
        ata: his,
        owner: bob.address,
        mint: mint.address,
      }),
      getMintToCheckedInstruction({
        mint: mint.address,
        token: mine,
        mintAuthority: payer,
        amount: 5_000_000n,
        decimals: 6,
      }),
    ]);
    const moved = await client.run(payer, [
      getTransferCheckedInstruction({
        source: mine,
        mint: mint.address,
        destination: his,
        authority: payer,
        amount: 1_250_000n,
        decimals: 6,
      }),
    ]);

    expect((await fetchToken(client.rpc, his)).data.amount).toBe(1_250_000n);
    expect((await client.rpc.getTokenAccountBalance(his).send()).value).toEqual({
      amount: '1250000',
      decimals: 6,
      uiAmount: 1.25,
      uiAmountString: '1.25',
    });
    expect((await client.rpc.getTokenSupply(mint.address).send()).value.amount).toBe('5000000');
    const owned = await client.rpc
      .getTokenAccountsByOwner(bob.address, { mint: mint.address }, { encoding: 'jsonParsed' })
      .send();
    expect(owned.value.map((v) => [v.pubkey, v.account.data.parsed.info.tokenAmount.amount])).toEqual([
      [his, '1250000'],
    ]);
    const all = await client.rpc
      .getProgramAccounts(TOKEN_PROGRAM_ADDRESS, {
        encoding: 'base64',
        filters: [{ dataSize: 165n }, { memcmp: { offset: 0n, bytes: mint.address, encoding: 'base58' } }],
      } as never)
      .send();
    expect(new Set((all as unknown as { pubkey: Address }[]).map((a) => a.pubkey))).toEqual(
      new Set([mine, his]),
    );
    const meta = (
      await client.rpc
        .getTransaction(getSignatureFromTransaction(moved), {
          maxSupportedTransactionVersion: 0,
          encoding: 'json',
        })
        .send()
    )?.meta;
    expect(amounts(meta?.preTokenBalances)).toEqual({ [payer.address]: '5000000', [bob.address]: '0' });
    expect(amounts(meta?.postTokenBalances)).toEqual({
      [payer.address]: '3750000',
      [bob.address]: '1250000',
    });
  });

  it('tells subscribers of accounts, logs and slots', async () => {
    const { client, payer } = chain;
    const to = await generateKeyPairSigner();
    const abort = new AbortController();
    const options = { abortSignal: abort.signal };
    const [accounts, logs, slots, roots] = await Promise.all([
      client.subscriptions.accountNotifications(to.address, { encoding: 'base64' }).subscribe(options),
      client.subscriptions.logsNotifications({ mentions: [to.address] }).subscribe(options),
      client.subscriptions.slotNotifications().subscribe(options),
      client.subscriptions.rootNotifications().subscribe(options),
    ]);
    const waiting = Promise.all([first(accounts), first(logs), first(slots), first(roots)]);
    const sent = await client.run(payer, [transfer(payer, to.address, 3_000_000_000n)]);
    const [account, log, slot, root] = await waiting;
    abort.abort();
    expect(account.value.lamports).toBe(3_000_000_000n);
    expect(log.value.signature).toBe(getSignatureFromTransaction(sent));
    expect(log.value.logs).toContain('Program 11111111111111111111111111111111 success');
    expect(slot.slot).toBeGreaterThan(slot.parent);
    expect(root).toBe(slot.parent);
  });

  it('tells a late signature subscriber at once', async () => {
    const { client, payer } = chain;
    const to = await generateKeyPairSigner();
    const sent = await client.run(payer, [transfer(payer, to.address, 1_000_000_000n)]);
    const abort = new AbortController();
    const source = await client.subscriptions
      .signatureNotifications(getSignatureFromTransaction(sent), { commitment: 'confirmed' })
      .subscribe({ abortSignal: abort.signal });
    for await (const { value } of source) {
      expect(value).toEqual({ err: null });
      break;
    }
    abort.abort();
  });
});

describe('a turned clock', () => {
  it('expires blockhashes and shows programs the time', async () => {
    const manual = await startChain({}, createManualClock(1_800_000_000_000));
    try {
      const { client, net, payer } = manual;
      const to = await generateKeyPairSigner();
      const old = await client.sign(payer, [transfer(payer, to.address, 1_000_000_000n)]);
      net.advanceSeconds(61);
      const error = await failure(
        client.rpc.sendTransaction(getBase64EncodedWireTransaction(old), { encoding: 'base64' }).send(),
      );
      if (!isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE))
        throw error;
      expect(isSolanaError(error.cause, SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND)).toBe(true);
      expect(net.unixTimestamp()).toBe(1_800_000_061n);
      const clock = net.account(address('SysvarC1ock11111111111111111111111111111111'));
      expect(Buffer.from(clock?.data ?? []).readBigInt64LE(32)).toBe(1_800_000_061n);
    } finally {
      await manual.net.close();
    }
  });

  it('gives equal transactions in a row different blockhashes', async () => {
    const manual = await startChain({}, createManualClock());
    try {
      const { client, payer } = manual;
      const to = await generateKeyPairSigner();
      for (let i = 0; i < 3; i += 1) await client.run(payer, [transfer(payer, to.address, 1_000_000_000n)]);
      expect((await client.rpc.getBalance(to.address).send()).value).toBe(3_000_000_000n);
    } finally {
      await manual.net.close();
    }
  });
});
