import { getCreateAccountInstruction } from '@solana-program/system';
import {
  AccountRole,
  address,
  generateKeyPairSigner,
  getAddressEncoder,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
} from '@solana/kit';
import type { Address, Instruction } from '@solana/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawCall, startChain } from './fixture.ts';
import type { Harness } from './fixture.ts';

const TOKEN_2022 = address('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb');
const STAKE = address('Stake11111111111111111111111111111111111111');
const LOADER = address('BPFLoaderUpgradeab1e11111111111111111111111');
const CLOCK = address('SysvarC1ock11111111111111111111111111111111');

let chain: Harness;
beforeAll(async () => {
  chain = await startChain({ slotMs: 20 });
});
afterAll(() => chain.net.close());

const bytesOf = (of: Address): Uint8Array => new Uint8Array(getAddressEncoder().encode(of));

async function parsed(of: Address): Promise<unknown> {
  const { result } = await rawCall(chain.net.rpcUrl, 'getAccountInfo', [of, { encoding: 'jsonParsed' }]);
  return (result as { value: { data: unknown } }).value.data;
}

async function put(owner: Address, data: Uint8Array): Promise<Address> {
  const of = (await generateKeyPairSigner()).address;
  await chain.net.setAccounts([
    { address: of, account: { lamports: 10n ** 9n, owner, executable: false, data } },
  ]);
  return of;
}

const infoOf = async (of: string): Promise<unknown> =>
  ((await parsed(address(of))) as { parsed: { info: unknown } }).parsed.info;

const entry = (type: number, ...parts: Uint8Array[]): Buffer => {
  const data = Buffer.concat(parts);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(type, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
};
const u64 = (value: bigint): Buffer => {
  const data = Buffer.alloc(8);
  data.writeBigUInt64LE(value);
  return data;
};
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};

async function instructionsOf(instructions: readonly Instruction[]): Promise<unknown[]> {
  const { client, payer, net } = chain;
  const transaction = await client.sign(payer, instructions);
  // What is shown does not depend on whether it succeeds.
  await client.rpc
    .sendTransaction(getBase64EncodedWireTransaction(transaction), {
      encoding: 'base64',
      skipPreflight: true,
    })
    .send();
  const { result } = await rawCall(net.rpcUrl, 'getTransaction', [
    getSignatureFromTransaction(transaction),
    { encoding: 'jsonParsed', maxSupportedTransactionVersion: 0 },
  ]);
  return (result as { transaction: { message: { instructions: unknown[] } } }).transaction.message
    .instructions;
}

const writable = (of: Address) => ({ address: of, role: AccountRole.WRITABLE });

const u32 = (...values: number[]): Buffer => {
  const data = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => data.writeUInt32LE(value, 4 * i));
  return data;
};

describe('jsonParsed of accounts', () => {
  it('knows every sysvar by its address', async () => {
    const sysvars = {
      SysvarC1ock11111111111111111111111111111111: 'clock',
      SysvarEpochSchedu1e111111111111111111111111: 'epochSchedule',
      SysvarRent111111111111111111111111111111111: 'rent',
      SysvarRecentB1ockHashes11111111111111111111: 'recentBlockhashes',
      SysvarS1otHashes111111111111111111111111111: 'slotHashes',
      SysvarS1otHistory11111111111111111111111111: 'slotHistory',
      SysvarStakeHistory1111111111111111111111111: 'stakeHistory',
      SysvarLastRestartS1ot1111111111111111111111: 'lastRestartSlot',
      SysvarEpochRewards1111111111111111111111111: 'epochRewards',
    };
    for (const [of, type] of Object.entries(sysvars))
      expect(await parsed(address(of))).toMatchObject({ program: 'sysvar', parsed: { type } });
  });

  it('shows slots and hashes as they are, not as they were at genesis', async () => {
    while (chain.net.slot() < 3n) await new Promise((resolve) => setImmediate(resolve));
    const hashes = (await infoOf('SysvarS1otHashes111111111111111111111111111')) as { slot: number }[];
    const now = Number(chain.net.slot());
    expect(hashes[0]?.slot).toBeGreaterThanOrEqual(now - 3);
    const recent = (await infoOf('SysvarRecentB1ockHashes11111111111111111111')) as unknown[];
    expect(recent.length).toBeGreaterThan(2);
    expect(recent[0]).toEqual({
      blockhash: expect.any(String) as unknown,
      feeCalculator: { lamportsPerSignature: '5000' },
    });
    const history = (await infoOf('SysvarS1otHistory11111111111111111111111111')) as {
      nextSlot: number;
      bits: string;
    };
    expect(history.bits).toHaveLength(1_048_576);
    expect(history.bits.slice(0, history.nextSlot + 1)).toBe(`${'1'.repeat(history.nextSlot)}0`);
  });

  it('shows a stake, delegated and not', async () => {
    const [staker, voter] = [chain.payer.address, chain.net.faucet];
    const meta = Buffer.alloc(124);
    meta.writeUInt32LE(1, 0);
    meta.writeBigUInt64LE(2_282_880n, 4);
    meta.set(bytesOf(staker), 12);
    meta.set(bytesOf(staker), 44);
    meta.writeBigInt64LE(-5n, 76);
    meta.writeBigUInt64LE(7n, 84);
    meta.set(bytesOf(voter), 92);
    const shown = {
      rentExemptReserve: '2282880',
      authorized: { staker, withdrawer: staker },
      lockup: { unixTimestamp: -5, epoch: 7, custodian: voter },
    };
    const initialised = await put(STAKE, Buffer.concat([meta, Buffer.alloc(76)]));
    expect(await parsed(initialised)).toEqual({
      program: 'stake',
      parsed: { type: 'initialized', info: { meta: shown, stake: null } },
      space: 200,
    });
    const stake = Buffer.alloc(76);
    stake.set(bytesOf(voter), 0);
    stake.writeBigUInt64LE(3n, 32);
    stake.writeBigUInt64LE(4n, 40);
    stake.writeBigUInt64LE(2n ** 64n - 1n, 48);
    stake.writeDoubleLE(0.25, 56);
    stake.writeBigUInt64LE(9n, 64);
    const delegated = Buffer.concat([meta, stake]);
    delegated.writeUInt32LE(2, 0);
    expect(await parsed(await put(STAKE, delegated))).toMatchObject({
      parsed: {
        type: 'delegated',
        info: {
          meta: shown,
          stake: {
            delegation: {
              voter,
              stake: '3',
              activationEpoch: '4',
              deactivationEpoch: '18446744073709551615',
              warmupCooldownRate: 0.25,
            },
            creditsObserved: 9,
          },
        },
      },
    });
  });

  it("shows Token-2022's extensions with their state", async () => {
    const authority = chain.payer.address;
    const fee = Buffer.concat([u64(1n), u64(1_000n), Buffer.from([50, 0])]);
    const rates = Buffer.alloc(20);
    rates.writeInt16LE(-200, 8);
    rates.writeInt16LE(500, 18);
    const multiplier = Buffer.alloc(8);
    multiplier.writeDoubleLE(1.5);
    const base = Buffer.alloc(166);
    base[44] = 6;
    base[45] = 1;
    base[165] = 1;
    const mint = await put(
      TOKEN_2022,
      Buffer.concat([
        base,
        entry(1, bytesOf(authority), new Uint8Array(32), u64(2n), fee, fee),
        entry(6, Buffer.from([2])),
        entry(9),
        entry(10, bytesOf(authority), rates),
        entry(18, new Uint8Array(32), bytesOf(authority)),
        entry(
          19,
          bytesOf(authority),
          bytesOf(authority),
          text('Größe'),
          text('G'),
          text('https://x'),
          Buffer.from([1, 0, 0, 0]),
          text('key'),
          text('value'),
        ),
        entry(25, bytesOf(authority), multiplier, u64(0n), multiplier),
        entry(26, bytesOf(authority), Buffer.from([1])),
        entry(200, Buffer.from([1, 2, 3])),
      ]),
    );
    const shownFee = { epoch: 1, maximumFee: 1_000, transferFeeBasisPoints: 50 };
    expect(await parsed(mint)).toMatchObject({
      program: 'spl-token-2022',
      parsed: {
        type: 'mint',
        info: {
          decimals: 6,
          extensions: [
            {
              extension: 'transferFeeConfig',
              state: {
                transferFeeConfigAuthority: authority,
                withdrawWithheldAuthority: null,
                withheldAmount: 2,
                olderTransferFee: shownFee,
                newerTransferFee: shownFee,
              },
            },
            { extension: 'defaultAccountState', state: { accountState: 'frozen' } },
            { extension: 'nonTransferable' },
            {
              extension: 'interestBearingConfig',
              state: {
                rateAuthority: authority,
                initializationTimestamp: 0,
                preUpdateAverageRate: -200,
                lastUpdateTimestamp: 0,
                currentRate: 500,
              },
            },
            { extension: 'metadataPointer', state: { authority: null, metadataAddress: authority } },
            {
              extension: 'tokenMetadata',
              state: {
                updateAuthority: authority,
                mint: authority,
                name: 'Größe',
                symbol: 'G',
                uri: 'https://x',
                additionalMetadata: [['key', 'value']],
              },
            },
            {
              extension: 'scaledUiAmountConfig',
              state: {
                authority,
                multiplier: '1.5',
                newMultiplierEffectiveTimestamp: 0,
                newMultiplier: '1.5',
              },
            },
            { extension: 'pausableConfig', state: { authority, paused: true } },
            { extension: 'unparseableExtension' },
          ],
        },
      },
    });
  });
});

describe('jsonParsed of instructions', () => {
  it("of Token-2022's extensions, stakes and the loader", async () => {
    const { payer } = chain;
    const mint = await generateKeyPairSigner();
    const signer = { address: payer.address, role: AccountRole.READONLY_SIGNER };
    const shown = await instructionsOf([
      getCreateAccountInstruction({
        payer,
        newAccount: mint,
        lamports: 10_000_000n,
        space: 222,
        programAddress: TOKEN_2022,
      }),
      {
        programAddress: TOKEN_2022,
        accounts: [writable(mint.address)],
        data: Buffer.concat([Buffer.from([33, 0]), bytesOf(payer.address), Buffer.from([0xf4, 1])]),
      },
      {
        programAddress: STAKE,
        accounts: [writable(mint.address), { address: CLOCK, role: AccountRole.READONLY }, signer],
        data: u32(5),
      },
      {
        programAddress: LOADER,
        accounts: [writable(mint.address), signer],
        data: Buffer.concat([u32(1, 8, 3, 0), Buffer.from([1, 2, 3])]),
      },
    ]);
    expect(shown.slice(1)).toEqual([
      expect.objectContaining({
        program: 'spl-token',
        programId: TOKEN_2022,
        parsed: {
          type: 'initializeInterestBearingConfig',
          info: { mint: mint.address, rateAuthority: payer.address, rate: 500 },
        },
      }),
      expect.objectContaining({
        program: 'stake',
        parsed: {
          type: 'deactivate',
          info: { stakeAccount: mint.address, clockSysvar: CLOCK, stakeAuthority: payer.address },
        },
      }),
      expect.objectContaining({
        program: 'bpf-upgradeable-loader',
        parsed: {
          type: 'write',
          info: { account: mint.address, authority: payer.address, offset: 8, bytes: 'AQID' },
        },
      }),
    ]);
  });
});
