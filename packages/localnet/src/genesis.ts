import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { getProgramDerivedAddress } from '@solana/kit';
import type { Address } from '@solana/kit';
import { MediaError, errorMessage } from '@media-network/runtime';
import { createFaucet } from './bank/faucet.ts';
import { addressBytes, encodeBase58 } from './codec/base58.ts';
import type { Genesis, LedgerState } from './ledger/record.ts';
import type { AccountChange, StoredAccount } from './svm/account.ts';
import { LOADER_V3, SYSTEM_PROGRAM } from './svm/program-ids.ts';

/** A program that is there from the first slot on: its compiled form as a path to its `.so`, or its bytes. */
export type GenesisProgram = {
  readonly address: Address;
  /** Who may upgrade it; nobody if absent. */
  readonly upgradeAuthority?: Address;
} & ({ readonly soPath: string } | { readonly bytes: Uint8Array });

/** Tags of `UpgradeableLoaderState` (agave, `loader-v3-interface`). */
const STATE_PROGRAM = 2;
const STATE_PROGRAM_DATA = 3;
const PROGRAM_DATA_HEADER = 45;

async function bytesOf(program: GenesisProgram): Promise<Uint8Array> {
  if ('bytes' in program) return program.bytes;
  const { soPath } = program;
  try {
    return await readFile(soPath);
  } catch (error) {
    throw new MediaError({
      code: 'localnet/program-unreadable',
      message: `The program ${program.address} cannot be read from ${soPath}: ${errorMessage(error)}.`,
      source: 'client',
      context: { address: program.address, soPath },
      cause: error,
    });
  }
}

/** The two accounts of an upgradeable program, exactly as a deploy by transactions leaves them. */
export async function programAccounts(
  program: GenesisProgram,
  minimumBalance: (bytes: bigint) => bigint,
): Promise<AccountChange[]> {
  const elf = await bytesOf(program);
  const [dataAddress] = await getProgramDerivedAddress({
    programAddress: LOADER_V3,
    seeds: [addressBytes(program.address)],
  });
  const data = Buffer.alloc(PROGRAM_DATA_HEADER + elf.length);
  data.writeUInt32LE(STATE_PROGRAM_DATA, 0); // deployed in slot 0
  if (program.upgradeAuthority !== undefined) {
    data[12] = 1;
    data.set(addressBytes(program.upgradeAuthority), 13);
  }
  data.set(elf, PROGRAM_DATA_HEADER);
  const pointer = Buffer.alloc(36);
  pointer.writeUInt32LE(STATE_PROGRAM, 0);
  pointer.set(addressBytes(dataAddress), 4);
  const account = (bytes: Buffer, executable: boolean): AccountChange['account'] => ({
    lamports: minimumBalance(BigInt(bytes.length)),
    owner: LOADER_V3,
    executable,
    data: new Uint8Array(bytes),
  });
  return [
    { address: dataAddress, account: account(data, false) },
    { address: program.address, account: account(pointer, true) },
  ];
}

export interface GenesisOptions {
  readonly slotMs: number;
  readonly startMs: number;
  readonly faucetLamports: bigint;
  readonly programs: readonly GenesisProgram[];
}

/** A new chain. Its seed is random, so no transaction of another chain has a blockhash that is good here. */
export async function createGenesis(
  options: GenesisOptions,
  minimumBalance: (bytes: bigint) => bigint,
): Promise<LedgerState> {
  const seed = randomBytes(32);
  const faucetSeed = randomBytes(32);
  const genesis: Genesis = {
    version: 2,
    hash: encodeBase58(createHash('sha256').update('media-network/localnet/genesis').update(seed).digest()),
    seed: new Uint8Array(seed),
    startMs: options.startMs,
    slotMs: options.slotMs,
    faucetSeed: new Uint8Array(faucetSeed),
  };
  const faucet = await createFaucet(genesis.faucetSeed);
  const accounts = new Map<Address, StoredAccount>([
    [
      faucet.address,
      { lamports: options.faucetLamports, owner: SYSTEM_PROGRAM, executable: false, data: new Uint8Array() },
    ],
  ]);
  for (const program of options.programs) {
    for (const { address, account } of await programAccounts(program, minimumBalance)) {
      if (account !== undefined) accounts.set(address, account);
    }
  }
  return {
    genesis,
    seq: 0,
    slot: 0n,
    unixTimestamp: BigInt(Math.floor(options.startMs / 1000)),
    transactionCount: 0,
    recent: [],
    accounts,
  };
}
