import { once } from 'node:events';
import { connect } from 'node:net';
import {
  AccountRole,
  address,
  addSignersToTransactionMessage,
  appendTransactionMessageInstructions,
  compressTransactionMessageUsingAddressLookupTables,
  createTransactionMessage,
  generateKeyPairSigner,
  getAddressEncoder,
  getBase64EncodedWireTransaction,
  getProgramDerivedAddress,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit';
import type { Address, Instruction } from '@solana/kit';
import { getTransferSolInstruction } from '@solana-program/system';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_ANSWER_BYTES } from '../src/limits.ts';
import { rawCall, rawPost, startChain } from './fixture.ts';
import type { Harness, RawAnswer } from './fixture.ts';

const COMPUTE_BUDGET = address('ComputeBudget111111111111111111111111111111');
const LOOKUP_TABLES = address('AddressLookupTab1e1111111111111111111111111');
const ED25519 = address('Ed25519SigVerify111111111111111111111111111');
const MEMO_V1 = address('Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo');
const SYSTEM = address('11111111111111111111111111111111');

let chain: Harness;
beforeAll(async () => {
  chain = await startChain({ slotMs: 20 });
});
afterAll(() => chain.net.close());

const call = (method: string, params: readonly unknown[] = []): Promise<RawAnswer> =>
  rawCall(chain.net.rpcUrl, method, params);

async function nextSlot(): Promise<void> {
  const slot = chain.net.slot();
  while (chain.net.slot() === slot) await new Promise((resolve) => setImmediate(resolve));
}

const tag = (value: number): Buffer => Buffer.from([value, 0, 0, 0]);

async function tableAt(
  recentSlot: bigint,
): Promise<{ table: Address; create: Instruction; extend: (of: Address) => Instruction }> {
  const { payer } = chain;
  const slotBytes = Buffer.alloc(8);
  slotBytes.writeBigUInt64LE(recentSlot);
  const encoder = getAddressEncoder();
  const [table, bump] = await getProgramDerivedAddress({
    programAddress: LOOKUP_TABLES,
    seeds: [encoder.encode(payer.address), slotBytes],
  });
  const accounts = [
    { address: table, role: AccountRole.WRITABLE },
    { address: payer.address, role: AccountRole.READONLY_SIGNER },
    { address: payer.address, role: AccountRole.WRITABLE_SIGNER },
    { address: SYSTEM, role: AccountRole.READONLY },
  ];
  const one = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  return {
    table,
    create: {
      programAddress: LOOKUP_TABLES,
      accounts,
      data: Buffer.concat([tag(0), slotBytes, Buffer.from([bump])]),
    },
    extend: (of) => ({
      programAddress: LOOKUP_TABLES,
      accounts,
      data: Buffer.concat([tag(2), one, new Uint8Array(encoder.encode(of))]),
    }),
  };
}

async function wire(
  instructions: readonly Instruction[],
  tables: Record<Address, Address[]> = {},
): Promise<string> {
  const { value } = await chain.client.rpc.getLatestBlockhash().send();
  const signed = await signTransactionMessageWithSigners(
    pipe(
      createTransactionMessage({ version: 0 }),
      (m) => setTransactionMessageFeePayerSigner(chain.payer, m),
      (m) => setTransactionMessageLifetimeUsingBlockhash(value, m),
      (m) => appendTransactionMessageInstructions(instructions, m),
      (m) => addSignersToTransactionMessage([chain.payer], m),
      (m) => compressTransactionMessageUsingAddressLookupTables(m, tables),
    ),
  );
  return getBase64EncodedWireTransaction(signed);
}

const send = async (transaction: string, more: object = {}): Promise<RawAnswer> =>
  call('sendTransaction', [transaction, { encoding: 'base64', ...more }]);
const simulate = async (transaction: string): Promise<RawAnswer> =>
  call('simulateTransaction', [transaction, { encoding: 'base64' }]);

const transfer = (to: Address): Instruction =>
  getTransferSolInstruction({ source: chain.payer, destination: to, amount: 1_000_000n });

describe('a lookup table', () => {
  it.each(['finalized', 'confirmed'])(
    'is made with the %s slot whenever it is asked for',
    async (commitment) => {
      for (let i = 0; i < 8; i += 1) {
        const { result } = await call('getSlot', [{ commitment }]);
        const { create, table } = await tableAt(BigInt(Number(result)));
        expect((await send(await wire([create]))).error).toBe(undefined);
        expect(chain.net.account(table)).toBeDefined();
        await nextSlot();
      }
    },
  );

  it('that is missing, of another owner or too short makes a transaction invalid, run or not', async () => {
    const to = (await generateKeyPairSigner()).address;
    const missing = (await generateKeyPairSigner()).address;
    const { table, create, extend } = await tableAt(chain.net.slot() - 1n);
    await chain.client.run(chain.payer, [create, extend(to)]);
    await nextSlot();
    const other = (await generateKeyPairSigner()).address;
    const cases = [
      [{ [missing]: [to] }, "an address table account that doesn't exist"],
      [{ [chain.net.faucet]: [to] }, 'an address table account with an invalid owner'],
      [{ [table]: [other, to] }, 'address table lookup uses an invalid index'],
    ] as const;
    for (const [tables, words] of cases) {
      const transaction = await wire([transfer(to)], tables as unknown as Record<Address, Address[]>);
      for (const answer of [
        await send(transaction),
        await send(transaction, { skipPreflight: true }),
        await simulate(transaction),
      ]) {
        expect(answer.error).toMatchObject({
          code: -32602,
          message: expect.stringMatching(
            new RegExp(`^invalid transaction: Transaction .*${words}$`),
          ) as unknown,
        });
      }
    }
  });

  it('is not read before the slot after it was extended', async () => {
    const to = (await generateKeyPairSigner()).address;
    const { net, client, payer } = await startChain({ slotMs: 3_600_000 });
    const own = chain;
    chain = { net, client, payer };
    try {
      const { table, create, extend } = await tableAt(0n);
      await client.run(payer, [create, extend(to)]);
      expect((await send(await wire([transfer(to)], { [table]: [to] }))).error).toMatchObject({
        code: -32602,
        message: 'invalid transaction: Transaction address table lookup uses an invalid index',
      });
    } finally {
      await net.close();
      chain = own;
    }
  });
});

const budget = (...bytes: number[]): Instruction => ({
  programAddress: COMPUTE_BUDGET,
  data: Uint8Array.from(bytes),
});

/** A signed transfer, with one byte of its message changed; signatures are looked at only after that. */
async function changed(at: number, to: number): Promise<string> {
  const bytes = Buffer.from(await wire([transfer((await generateKeyPairSigner()).address)]), 'base64');
  bytes[at] = to;
  return bytes.toString('base64');
}

/** Where the one instruction begins: signature, version, header, three keys and the blockhash come before. */
const INSTRUCTION_AT = 1 + 64 + 1 + 3 + 1 + 3 * 32 + 32 + 1;

describe('an instruction', () => {
  it.each([
    ['of a program beyond the keys', 0, 9],
    ['whose program is the payer', 0, 0],
    ['with an account beyond the keys', 2, 200],
  ])('%s makes a transaction invalid, run or not', async (_, offset, to) => {
    const transaction = await changed(INSTRUCTION_AT + offset, to);
    for (const answer of [
      await send(transaction),
      await send(transaction, { skipPreflight: true }),
      await simulate(transaction),
    ]) {
      expect(answer.error).toMatchObject({
        code: -32602,
        message: 'invalid transaction: Transaction failed to sanitize accounts offsets correctly',
      });
    }
  });
});

describe('what a transaction asks of the runtime', () => {
  it('is invalid where it cannot be read', async () => {
    const transaction = await wire([budget(2, 1)]);
    for (const answer of [await send(transaction), await simulate(transaction)]) {
      expect(answer.error).toMatchObject({
        code: -32602,
        message: 'invalid transaction: Error processing Instruction 0: invalid instruction data',
      });
    }
    const twice = await wire([budget(2, 0, 1, 0, 0), budget(2, 0, 2, 0, 0)]);
    expect((await send(twice)).error?.code).toBe(-32602);
  });

  it.each([
    ['a heap of half a page', budget(1, 0, 4, 0, 0)],
    ['a signature that does not verify', { programAddress: ED25519, data: ed25519Check() }],
  ])('fails in the preflight, with data, when it is %s', async (_, instruction) => {
    const { error } = await send(await wire([instruction]));
    expect(error).toMatchObject({ code: -32002, data: { logs: expect.any(Array) as unknown } });
    expect(error?.data?.['err']).toMatchObject({ InstructionError: [0, expect.anything()] });
  });
});

/** One check: offsets into its own data, of a signature, a key and a message that are all zeros. */
function ed25519Check(): Uint8Array {
  const data = Buffer.alloc(16 + 64 + 32 + 4);
  data[0] = 1;
  [16, 0xffff, 80, 0xffff, 112, 4, 0xffff].forEach((value, i) => data.writeUInt16LE(value, 2 + 2 * i));
  return data;
}

const memo = (data: Uint8Array): Instruction => ({ programAddress: MEMO_V1, data });

function price(microLamports: number): Instruction {
  const data = Buffer.alloc(9);
  data[0] = 3;
  data.writeBigUInt64LE(BigInt(microLamports), 1);
  return { programAddress: COMPUTE_BUDGET, data };
}

async function fees(...addresses: Address[]): Promise<number[]> {
  const { result } = await call('getRecentPrioritizationFees', [addresses]);
  return (result as { prioritizationFee: number }[]).map((each) => each.prioritizationFee);
}

describe('what stock clients read', () => {
  it('is a number where they expect one', async () => {
    const { result } = await call('getVersion');
    expect(result).toEqual({
      'feature-set': expect.any(Number) as unknown,
      'solana-core': expect.any(String) as unknown,
    });
    const set = (result as { 'feature-set': number })['feature-set'];
    expect(Number.isInteger(set) && set > 0 && set < 2 ** 32).toBe(true);
    const nodes = (await call('getClusterNodes')).result as { featureSet: unknown }[];
    expect(nodes[0]?.featureSet).toBe(set);
  });

  it('of memos of the first version too', async () => {
    const { payer } = chain;
    const sent = await send(await wire([memo(Buffer.from('héllo')), memo(Buffer.from('two'))]));
    const listed = (await call('getSignaturesForAddress', [payer.address, { limit: 1 }])).result;
    expect(listed).toMatchObject([{ signature: sent.result, memo: '[6] héllo; [3] two' }]);
  });

  it('of what is paid for priority', async () => {
    const to = (await generateKeyPairSigner()).address;
    await nextSlot();
    expect((await send(await wire([price(700), transfer(to)]))).error).toBe(undefined);
    await nextSlot();
    expect(await fees(to)).toContain(700);
    expect(await fees()).toContain(700);
    expect(Math.max(...(await fees((await generateKeyPairSigner()).address)))).toBe(700);
    expect(await fees(to)).toContain(0);
  });
});

describe('an option that is null', () => {
  it.each([
    ['getVoteAccounts', [{ commitment: null, votePubkey: null, keepUnstakedDelinquents: null }]],
    ['getBlockProduction', [{ identity: null, range: null, commitment: null }]],
    ['getBlockProduction', [{ range: { firstSlot: 0, lastSlot: null } }]],
    ['getLeaderSchedule', [null, { identity: null }]],
    ['getLeaderSchedule', [{ identity: null }]],
    ['getSlot', [{ commitment: null, minContextSlot: null }]],
    ['getSlot', [null]],
    ['getAccountInfo', [SYSTEM, { encoding: null, dataSlice: null, commitment: null, minContextSlot: null }]],
    ['getMultipleAccounts', [[SYSTEM], { encoding: null, dataSlice: null }]],
    [
      'getProgramAccounts',
      [
        LOOKUP_TABLES,
        { filters: null, withContext: null, encoding: null, dataSlice: { offset: 0, length: 0 } },
      ],
    ],
    [
      'getProgramAccounts',
      [
        LOOKUP_TABLES,
        { encoding: 'base64', filters: [{ memcmp: { offset: 0, bytes: '2', encoding: null } }] },
      ],
    ],
    [
      'getTokenAccountsByOwner',
      [SYSTEM, { programId: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA' }, { encoding: null }],
    ],
    ['getBlocks', [0, null]],
    ['getBlocks', [0, null, { commitment: null }]],
    [
      'getBlock',
      [1, { encoding: null, transactionDetails: null, rewards: null, maxSupportedTransactionVersion: 0 }],
    ],
    ['getInflationReward', [[], { epoch: null }]],
    ['getLargestAccounts', [{ filter: null, sortResults: null }]],
    ['getSupply', [{ excludeNonCirculatingAccountsList: null }]],
    ['getRecentPerformanceSamples', [null]],
    ['getRecentPrioritizationFees', [null]],
    ['getSignaturesForAddress', [SYSTEM, { before: null, until: null, limit: null }]],
    ['getSignatureStatuses', [[], { searchTransactionHistory: null }]],
    ['isBlockhashValid', [SYSTEM, { minContextSlot: null }]],
    ['getLatestBlockhash', [null]],
    ['getStakeMinimumDelegation', [{ commitment: null }]],
  ])('is as if it were absent: %s %j', async (method, params) => {
    const { error } = await call(method, params);
    // An epoch that is not over has no rewards yet, in a chain that has just begun.
    expect(method === 'getInflationReward' ? undefined : error).toBe(undefined);
    if (method === 'getInflationReward') expect(error?.code).toBe(-32004);
  });

  it('is as if it were absent when sending and simulating', async () => {
    const to = (await generateKeyPairSigner()).address;
    const options = {
      encoding: 'base64',
      skipPreflight: null,
      preflightCommitment: null,
      maxRetries: null,
      minContextSlot: null,
    };
    const simulated = {
      encoding: 'base64',
      sigVerify: null,
      replaceRecentBlockhash: null,
      accounts: null,
      innerInstructions: null,
    };
    const transaction = await wire([transfer(to)]);
    expect((await call('simulateTransaction', [transaction, simulated])).error).toBe(undefined);
    expect((await call('sendTransaction', [transaction, options])).error).toBe(undefined);
  });
});

describe('subscriptions', () => {
  it('tell how a slot passes', async () => {
    const socket = new WebSocket(chain.net.wsUrl);
    await new Promise((resolve) => socket.once('open', resolve));
    const updates: Record<string, unknown>[] = [];
    const enough = Promise.withResolvers<void>();
    socket.on('message', (data: Buffer) => {
      const { method, params } = JSON.parse(data.toString('utf8')) as {
        method?: string;
        params?: { result: Record<string, unknown> };
      };
      if (method !== 'slotsUpdatesNotification' || params === undefined) return;
      updates.push(params.result);
      if (updates.length >= 12) enough.resolve();
    });
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'slotsUpdatesSubscribe', params: [] }));
    await enough.promise;
    socket.close();
    const types = new Set(updates.map((update) => update['type']));
    expect(types).toEqual(new Set(['createdBank', 'frozen', 'optimisticConfirmation', 'root']));
    expect(
      updates.every(({ slot, timestamp }) => Number.isInteger(slot) && Number.isInteger(timestamp)),
    ).toBe(true);
    expect(updates.find((update) => update['type'] === 'createdBank')).toHaveProperty('parent');
    expect(updates.find((update) => update['type'] === 'frozen')).toMatchObject({
      stats: {
        numTransactionEntries: expect.any(Number) as unknown,
        numSuccessfulTransactions: expect.any(Number) as unknown,
        numFailedTransactions: expect.any(Number) as unknown,
        maxTransactionsPerEntry: expect.any(Number) as unknown,
      },
    });
  });
});

describe('an answer that is too large', () => {
  const OWNER = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
  const ACCOUNTS = 300;
  const BYTES = 100_000;
  let program: Address;
  let addresses: Address[];

  beforeAll(async () => {
    program = (await generateKeyPairSigner()).address;
    addresses = await Promise.all(
      Array.from({ length: ACCOUNTS }, async () => (await generateKeyPairSigner()).address),
    );
    const data = new Uint8Array(BYTES);
    await chain.net.setAccounts(
      addresses.map((each) => ({
        address: each,
        account: { lamports: 10n ** 9n, owner: program, executable: false, data },
      })),
    );
  });

  it('in a batch leaves the rest of the batch unanswered, with an error each', async () => {
    const one = { method: 'getProgramAccounts', params: [program, { encoding: 'base64' }] };
    const batch = Array.from({ length: 200 }, (_, id) => ({ jsonrpc: '2.0', id, ...one }));
    const response = await fetch(chain.net.rpcUrl, { method: 'POST', body: JSON.stringify(batch) });
    const text = await response.text();
    expect(text.length).toBeLessThan(MAX_ANSWER_BYTES * 1.1);
    const answers = JSON.parse(text) as RawAnswer[];
    expect(answers.map((answer) => answer.id)).toEqual(batch.map(({ id }) => id));
    expect(answers[0]?.result).toHaveLength(ACCOUNTS);
    const refused = answers.filter((answer) => answer.error !== undefined);
    expect(refused).toHaveLength(199);
    for (const { error } of refused)
      expect(error).toMatchObject({ code: -32600, data: { code: 'localnet/answer-too-large' } });
    // And the chain goes on as if nothing had been.
    expect((await call('getHealth')).result).toBe('ok');
  });

  it('waits for nobody: clients that do not take theirs leave room for small ones, and no more for large', async () => {
    const { port } = new URL(chain.net.rpcUrl);
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'getProgramAccounts',
      params: [program, { encoding: 'base64' }],
    });
    const head = `POST / HTTP/1.1\r\nhost: chain\r\ncontent-length: ${body.length}\r\n\r\n`;
    const lazy = await Promise.all(
      Array.from({ length: 9 }, async () => {
        const socket = connect(Number(port), '127.0.0.1');
        await once(socket, 'connect');
        socket.write(head + body);
        // The first bytes are there, so the answer has been built; the rest is never taken.
        await once(socket, 'readable');
        const start: unknown = socket.read(12);
        return { socket, start: String(start) };
      }),
    );
    expect(new Set(lazy.map(({ start }) => start))).toEqual(new Set(['HTTP/1.1 200', 'HTTP/1.1 503']));
    expect((await call('getHealth')).result).toBe('ok');
    const refused = await fetch(chain.net.rpcUrl, { method: 'POST', body });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    await Promise.all(
      lazy.map(async ({ socket }) => {
        socket.destroy();
        await once(socket, 'close');
      }),
    );
    // Room again, once the server has noticed.
    for (;;) {
      const { status } = await fetch(chain.net.rpcUrl, { method: 'POST', body });
      if (status === 200) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it('alone is an error that says how to ask for less', async () => {
    const more = await Promise.all(
      Array.from({ length: ACCOUNTS }, async () => (await generateKeyPairSigner()).address),
    );
    const account = {
      lamports: 10n ** 9n,
      owner: program,
      executable: false,
      data: new Uint8Array(BYTES * 2),
    };
    await chain.net.setAccounts(more.map((each) => ({ address: each, account })));
    const { error } = await call('getProgramAccounts', [program, { encoding: 'base64' }]);
    expect(error).toMatchObject({ code: -32600, message: expect.stringContaining('dataSlice') as unknown });
    const sliced = await call('getProgramAccounts', [
      program,
      { encoding: 'base64', dataSlice: { offset: 0, length: 8 } },
    ]);
    expect(sliced.result).toHaveLength(2 * ACCOUNTS);
  });

  it('does not keep transactions of a batch from landing together', async () => {
    const to = (await generateKeyPairSigner()).address;
    const transactions = await Promise.all(
      Array.from({ length: 20 }, async (_, i) =>
        wire([
          getTransferSolInstruction({ source: chain.payer, destination: to, amount: 1_000_000n + BigInt(i) }),
        ]),
      ),
    );
    const answers = (await rawPost(
      chain.net.rpcUrl,
      JSON.stringify(
        transactions.map((transaction, id) => ({
          jsonrpc: '2.0',
          id,
          method: 'sendTransaction',
          params: [transaction, { encoding: 'base64' }],
        })),
      ),
    )) as RawAnswer[];
    expect(answers.filter((answer) => answer.error !== undefined)).toEqual([]);
    expect(chain.net.account(to)?.lamports).toBe(20_000_190n);
    expect(chain.net.account(OWNER)).toBeDefined();
  });
});
