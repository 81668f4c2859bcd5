import { createManualClock } from '@media-network/runtime/testing';
import {
  getAllocateInstruction,
  getCreateAccountInstruction,
  getTransferSolInstruction,
} from '@solana-program/system';
import {
  AuthorityType,
  TOKEN_PROGRAM_ADDRESS,
  findAssociatedTokenPda,
  getApproveInstruction,
  getBurnInstruction,
  getCreateAssociatedTokenIdempotentInstruction,
  getInitializeMint2Instruction,
  getMintSize,
  getMintToCheckedInstruction,
  getSetAuthorityInstruction,
  getTransferCheckedInstruction,
} from '@solana-program/token';
import {
  address,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
} from '@solana/kit';
import type { Address, Instruction, KeyPairSigner } from '@solana/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawCall, startChain } from './fixture.ts';
import type { Harness, RawAnswer } from './fixture.ts';

const NATIVE_MINT = address('So11111111111111111111111111111111111111112');

let chain: Harness;
let call: (method: string, ...params: unknown[]) => Promise<RawAnswer>;
let value: (method: string, ...params: unknown[]) => Promise<unknown>;
let mint: KeyPairSigner;
let bob: Address;
let ofPayer: Address;
let ofBob: Address;
let signature: string;
let slot: number;

const refusal = async (...params: unknown[]): Promise<RawAnswer['error']> =>
  (await call('getBlock', ...params)).error;

const parsed = async (key: string): Promise<unknown> =>
  ((await value('getAccountInfo', key, { encoding: 'jsonParsed' })) as { data: unknown }).data;

/** Lands a transaction, and then turns the clock by more than a slot, so that each has a block and a blockhash of its own. */
async function land(instructions: readonly Instruction[]): Promise<string> {
  const landed = getSignatureFromTransaction(await chain.client.run(chain.payer, instructions));
  chain.net.advanceSeconds(1);
  return landed;
}

beforeAll(async () => {
  chain = await startChain({}, createManualClock());
  call = (method, ...params) => rawCall(chain.net.rpcUrl, method, params);
  value = async (method, ...params) => ((await call(method, ...params)).result as { value: unknown }).value;
  const { payer, client } = chain;
  mint = await generateKeyPairSigner();
  bob = (await generateKeyPairSigner()).address;
  const ata = async (owner: Address): Promise<Address> =>
    (await findAssociatedTokenPda({ owner, mint: mint.address, tokenProgram: TOKEN_PROGRAM_ADDRESS }))[0];
  [ofPayer, ofBob] = [await ata(payer.address), await ata(bob)];
  const space = BigInt(getMintSize());
  const mintLamports = await client.rpc.getMinimumBalanceForRentExemption(space).send();
  await land([
    getCreateAccountInstruction({
      payer,
      newAccount: mint,
      lamports: mintLamports,
      space,
      programAddress: TOKEN_PROGRAM_ADDRESS,
    }),
    getInitializeMint2Instruction({ mint: mint.address, decimals: 2, mintAuthority: payer.address }),
  ]);
  signature = await land([
    getCreateAssociatedTokenIdempotentInstruction({
      payer,
      ata: ofPayer,
      owner: payer.address,
      mint: mint.address,
    }),
    getCreateAssociatedTokenIdempotentInstruction({ payer, ata: ofBob, owner: bob, mint: mint.address }),
    getMintToCheckedInstruction({
      mint: mint.address,
      token: ofPayer,
      mintAuthority: payer,
      amount: 1000n,
      decimals: 2,
    }),
    getTransferCheckedInstruction({
      source: ofPayer,
      mint: mint.address,
      destination: ofBob,
      authority: payer,
      amount: 250n,
      decimals: 2,
    }),
    getApproveInstruction({ source: ofPayer, delegate: bob, owner: payer, amount: 7n }),
    getBurnInstruction({ account: ofPayer, mint: mint.address, authority: payer, amount: 50n }),
    getSetAuthorityInstruction({
      owned: mint.address,
      owner: payer,
      authorityType: AuthorityType.MintTokens,
      newAuthority: null,
    }),
  ]);
  const landed = (await call('getTransaction', signature, { maxSupportedTransactionVersion: 0 })).result;
  ({ slot } = landed as { slot: number });
});
afterAll(() => chain.net.close());

describe('blocks', () => {
  it('hold the transactions of their slot, in every detail', async () => {
    const config = { maxSupportedTransactionVersion: 0 };
    const block = async (more: object): Promise<Record<string, unknown>> =>
      (await call('getBlock', slot, { ...config, ...more })).result as Record<string, unknown>;
    const full = await block({});
    const alone = (await call('getTransaction', signature, config)).result as Record<string, unknown>;
    const { meta, transaction, version } = alone;
    expect(full['transactions']).toContainEqual({ meta, transaction, version });
    expect(full).toMatchObject({ blockHeight: slot, parentSlot: slot - 1, rewards: [] });
    const parent = (await call('getBlock', slot - 1, { transactionDetails: 'none' })).result;
    expect(parent).toMatchObject({ blockhash: full['previousBlockhash'] });
    expect(await block({ transactionDetails: 'signatures' })).toMatchObject({
      signatures: expect.arrayContaining([signature]) as unknown,
    });
    expect(await block({ transactionDetails: 'none', rewards: false })).toEqual({
      blockHeight: slot,
      blockTime: expect.any(Number) as unknown,
      blockhash: full['blockhash'],
      parentSlot: slot - 1,
      previousBlockhash: full['previousBlockhash'],
    });
    const accounts = (await block({ transactionDetails: 'accounts' }))['transactions'];
    expect(accounts).toContainEqual({
      meta: expect.objectContaining({ err: null, fee: 5000 }) as unknown,
      transaction: {
        accountKeys: expect.arrayContaining([
          { pubkey: bob, signer: false, source: 'transaction', writable: false },
        ]) as unknown,
        signatures: [signature],
      },
      version: 0,
    });
    expect(alone['transactionIndex']).toBe(
      (full['transactions'] as { transaction: { signatures: string[] } }[]).findIndex(
        (t) => t.transaction.signatures[0] === signature,
      ),
    );
  });

  it('are refused in the words of a node', async () => {
    expect(await refusal(slot)).toMatchObject({ code: -32015 });
    expect(await refusal(1e9)).toEqual({ code: -32004, message: 'Block not available for slot 1000000000' });
    expect(await refusal(slot, { commitment: 'processed' })).toMatchObject({ code: -32602 });
    expect(await refusal(slot, { transactionDetails: 'half' })).toMatchObject({ code: -32602 });
    expect(await refusal('x')).toEqual({
      code: -32602,
      message: 'Invalid params: invalid type: string "x", expected u64.',
    });
    expect(await refusal()).toEqual({ code: -32602, message: '`params` should have at least 1 argument(s)' });
    expect(await refusal(1, {}, 1)).toEqual({
      code: -32602,
      message: 'Invalid parameters: Expected from 1 to 2 parameters.',
      data: '"Got: 3"',
    });
  });

  it('are listed by range', async () => {
    expect((await call('getBlocks', 1, 3)).result).toEqual([1, 2, 3]);
    expect((await call('getBlocks', 3, 1)).result).toEqual([]);
    expect((await call('getBlocksWithLimit', 1, 2)).result).toEqual([1, 2]);
    expect((await call('getBlocksWithLimit', 1, 500_001)).error?.message).toBe('Limit too large; max 500000');
    expect((await call('getBlockTime', 1e9)).error?.code).toBe(-32004);
    const all = (await call('getBlocks', 0)).result as number[];
    expect(all.at(-1)).toBeGreaterThanOrEqual(slot);
  });
});

describe('parsed instructions', () => {
  it('have the shapes of a node, inner ones too', async () => {
    const { payer } = chain;
    const { result } = await call('getTransaction', signature, {
      encoding: 'jsonParsed',
      maxSupportedTransactionVersion: 0,
    });
    const shown = result as {
      meta: { innerInstructions: { instructions: unknown[] }[]; costUnits: number };
      transaction: { message: { instructions: { parsed: { type: string; info: unknown } }[] } };
    };
    const { instructions } = shown.transaction.message;
    expect(instructions.map((i) => i.parsed.type)).toEqual([
      'createIdempotent',
      'createIdempotent',
      'mintToChecked',
      'transferChecked',
      'approve',
      'burn',
      'setAuthority',
    ]);
    expect(instructions[3]).toEqual({
      program: 'spl-token',
      programId: TOKEN_PROGRAM_ADDRESS,
      parsed: {
        type: 'transferChecked',
        info: {
          source: ofPayer,
          mint: mint.address,
          destination: ofBob,
          authority: payer.address,
          tokenAmount: { amount: '250', decimals: 2, uiAmount: 2.5, uiAmountString: '2.5' },
        },
      },
      stackHeight: 1,
    });
    expect(instructions[6]?.parsed.info).toEqual({
      mint: mint.address,
      authority: payer.address,
      authorityType: 'mintTokens',
      newAuthority: null,
    });
    expect(shown.meta.innerInstructions[0]?.instructions).toMatchObject([
      {
        parsed: { type: 'getAccountDataSize', info: { extensionTypes: ['immutableOwner'] } },
        stackHeight: 2,
      },
      { program: 'system', parsed: { type: 'createAccount', info: { newAccount: ofPayer, space: 165 } } },
      { parsed: { type: 'initializeImmutableOwner' } },
      { parsed: { type: 'initializeAccount3', info: { owner: payer.address } } },
    ]);
    expect(shown.meta.costUnits).toBeGreaterThan(720);
  });

  it('fall back to addresses where the data is cut short', async () => {
    const { payer, client } = chain;
    const system = address('11111111111111111111111111111111');
    const signed = await client.sign(payer, [{ programAddress: system, data: Uint8Array.of(8, 0, 0, 0, 1) }]);
    const config = { encoding: 'base64', skipPreflight: true };
    await call('sendTransaction', getBase64EncodedWireTransaction(signed), config);
    const { result } = await call('getTransaction', getSignatureFromTransaction(signed), {
      encoding: 'jsonParsed',
      maxSupportedTransactionVersion: 0,
    });
    expect(result).toMatchObject({
      meta: { err: { InstructionError: [0, 'InvalidInstructionData'] } },
      transaction: { message: { instructions: [{ programId: system, accounts: [], stackHeight: 1 }] } },
    });
  });
});

describe('what explorers ask', () => {
  it('about tokens', async () => {
    expect(await value('getTokenLargestAccounts', mint.address)).toMatchObject([
      { address: ofPayer, amount: '700', uiAmount: 7 },
      { address: ofBob, amount: '250', uiAmount: 2.5 },
    ]);
    expect((await call('getTokenLargestAccounts', bob)).error?.message).toBe(
      'Invalid param: could not find mint',
    );
    expect(
      await value('getTokenAccountsByDelegate', bob, { mint: mint.address }, { encoding: 'jsonParsed' }),
    ).toMatchObject([{ pubkey: ofPayer, account: { data: { parsed: { info: { delegate: bob } } } } }]);
    expect(await value('getTokenAccountsByDelegate', ofBob, { programId: TOKEN_PROGRAM_ADDRESS })).toEqual(
      [],
    );
    expect(await value('getTokenSupply', NATIVE_MINT)).toMatchObject({ decimals: 9 });
  });

  it('about accounts of the system', async () => {
    expect(await parsed('SysvarC1ock11111111111111111111111111111111')).toMatchObject({
      program: 'sysvar',
      parsed: { type: 'clock', info: { epoch: 0 } },
    });
    expect(await parsed(TOKEN_PROGRAM_ADDRESS)).toMatchObject({
      program: 'bpf-upgradeable-loader',
      parsed: { type: 'program' },
    });
  });

  it('about the cluster, which is one node', async () => {
    const result = async (method: string, ...params: unknown[]): Promise<unknown> =>
      (await call(method, ...params)).result;
    const { identity } = (await result('getIdentity')) as { identity: string };
    expect(await result('getSlotLeader')).toBe(identity);
    expect(await result('getSlotLeaders', 1, 2)).toEqual([identity, identity]);
    expect((await call('getSlotLeaders', 1, 5001)).error?.message).toBe('Invalid limit; max 5000');
    const schedule = (await result('getLeaderSchedule')) as Record<string, number[]>;
    expect([Object.keys(schedule), schedule[identity]?.length]).toEqual([[identity], 432_000]);
    expect(await result('getClusterNodes')).toMatchObject([
      { pubkey: identity, rpc: new URL(chain.net.rpcUrl).host, pubsub: new URL(chain.net.wsUrl).host },
    ]);
    expect(await result('getVoteAccounts')).toEqual({ current: [], delinquent: [] });
    expect(await result('getEpochSchedule')).toMatchObject({ slotsPerEpoch: 432_000, warmup: false });
    expect(await result('getInflationGovernor')).toMatchObject({ initial: 0.08 });
    expect(await result('getInflationRate')).toMatchObject({ epoch: 0, total: 0.08 });
    expect((await call('getInflationReward', [bob])).error?.code).toBe(-32004);
    expect((await call('getHighestSnapshotSlot')).error?.code).toBe(-32008);
    expect(await result('getRecentPerformanceSamples', 5)).toEqual([]);
    const production = (await value('getBlockProduction', { range: { firstSlot: 1, lastSlot: 3 } })) as {
      byIdentity: unknown;
    };
    expect(production.byIdentity).toEqual({ [identity]: [3, 3] });
  });

  it('about who has most: supply falls by fees only', async () => {
    const supply = async (): Promise<bigint> =>
      (await chain.client.rpc.getSupply({ excludeNonCirculatingAccountsList: true }).send()).value.total;
    const before = await supply();
    await land([
      getTransferSolInstruction({ source: chain.payer, destination: bob, amount: 1_000_000_000n }),
    ]);
    expect(before - (await supply())).toBe(5000n);
    const largest = (await value('getLargestAccounts')) as { address: string; lamports: number }[];
    expect(largest[0]?.address).toBe(chain.net.faucet);
    expect(largest.map((a) => a.lamports)).toEqual(largest.map((a) => a.lamports).sort((a, b) => b - a));
    expect(await value('getLargestAccounts', { filter: 'nonCirculating' })).toEqual([]);
  });
});

describe('a preflight', () => {
  it('that fails leaves no trace, not even a fee', async () => {
    const { payer, client, net } = chain;
    const taken = await generateKeyPairSigner();
    const before = net.account(payer.address)?.lamports;
    const sending = client.run(payer, [
      getTransferSolInstruction({ source: payer, destination: taken.address, amount: 1_000_000_000n }),
      getAllocateInstruction({ newAccount: payer, space: 10n }),
      getTransferSolInstruction({ source: payer, destination: bob, amount: 10n ** 18n }),
    ]);
    await expect(sending).rejects.toThrow();
    expect(net.account(payer.address)).toMatchObject({ lamports: before, data: new Uint8Array() });
    expect(net.account(taken.address)).toBe(undefined);
    // The same account pays at once again, from the same state.
    await land([getTransferSolInstruction({ source: payer, destination: bob, amount: 1_000_000_000n })]);
    expect(net.account(payer.address)?.lamports).toBe((before ?? 0n) - 1_000_005_000n);
  });

  it('tells fee, loaded bytes and balances in a simulation', async () => {
    const { payer, client } = chain;
    const signed = await client.sign(payer, [
      getTransferSolInstruction({ source: payer, destination: bob, amount: 3_000_000n }),
    ]);
    const told = (await value('simulateTransaction', getBase64EncodedWireTransaction(signed), {
      encoding: 'base64',
    })) as { fee: number; loadedAccountsDataSize: number; preBalances: number[]; postBalances: number[] };
    expect(told.fee).toBe(5000);
    expect(told.loadedAccountsDataSize).toBeGreaterThan(3 * 64);
    const moved = told.postBalances.map((post, i) => post - (told.preBalances[i] ?? 0));
    expect(moved).toEqual([-3_005_000, 3_000_000, 0]);
  });

  it('knows a program that does not exist', async () => {
    const { payer, client } = chain;
    const signed = await client.sign(payer, [{ programAddress: ofBob, data: Uint8Array.of(1) }]);
    const missing = await client.sign(payer, [
      { programAddress: (await generateKeyPairSigner()).address, data: Uint8Array.of(1) },
    ]);
    const sent = async (t: typeof signed): Promise<unknown> =>
      (await call('sendTransaction', getBase64EncodedWireTransaction(t), { encoding: 'base64' })).error
        ?.data?.['err'];
    expect(await sent(missing)).toBe('ProgramAccountNotFound');
    expect(await sent(signed)).toBe('InvalidProgramForExecution');
  });
});
