import { readFileSync } from 'node:fs';

import { createNoopSigner, getAddressDecoder, some } from '@solana/kit';
import type { Address, Instruction, Lamports, TransactionSigner } from '@solana/kit';
import { AccountState, getMintEncoder, getTokenEncoder } from '@solana-program/token';
import { Clock, FailedTransactionMetadata, LiteSVM } from 'litesvm';

import { createAddresses } from '../addresses.ts';
import type { Addresses } from '../addresses.ts';
import { MAX_COMPUTE_UNITS, setComputeUnitLimit } from '../compute-budget.ts';
import { createInstructions } from '../instructions.ts';
import type { Instructions } from '../instructions.ts';
import { pdaFinderOf } from '../model/pda.ts';
import { sha256 } from '../model/sha256.ts';
import { MINTS, PROGRAMS } from '../programs.ts';
import { tokenAmount } from '../reads.ts';
import { addressBytes, bytesAddress } from '../codec/address-bytes.ts';
import { viewOf } from '../codec/fields.ts';
import { unsignedTransaction } from './wire.ts';

export type RunResult =
  | { readonly ok: true; readonly units: number; readonly logs: readonly string[] }
  | {
      readonly ok: false;
      /** Custom code of the failing instruction, if it has one. */
      readonly custom: number | undefined;
      readonly text: string;
      readonly logs: readonly string[];
    };

export interface RawAccount {
  readonly owner: Address;
  readonly data: Uint8Array;
  readonly lamports: bigint;
}

/** The program alone in the Solana VM: no signatures, no blockhashes, a clock that one sets. */
export interface ProgramWorld {
  readonly programId: Address;
  readonly addresses: Addresses;
  readonly instructions: Instructions;
  /** Pays all fees and nothing else. */
  readonly bank: Address;
  now(): bigint;
  setTime(seconds: bigint): void;
  run(...instructions: readonly Instruction[]): RunResult;
  /** `run` for what must succeed. */
  must(...instructions: readonly Instruction[]): number;
  account(address: Address): RawAccount | null;
  setAccount(address: Address, account: RawAccount): void;
  fund(address: Address): void;
  createMint(address: Address, options?: { readonly freezable?: boolean; readonly supply?: bigint }): void;
  createToken(address: Address, mint: Address, owner: Address, amount: bigint): void;
  tokens(address: Address): bigint;
  mintSupply(address: Address): bigint;
  /** Addresses of all accounts of the program. */
  programAccounts(): Address[];
  /** A zeroed account of the program, as one that was created at top level. */
  createBlank(address: Address, size: number): void;
}

/** Lamports that a token account must hold beside what it holds of SOL. */
const TOKEN_RENT = 2_039_280n;
const RICH = 1_000_000_000_000_000n;
const decodeAddress = getAddressDecoder();
const text = new TextEncoder();

/** An address that nothing else has, from words. */
export function addressOf(words: string): Address {
  return decodeAddress.decode(sha256(text.encode(words)));
}

/** A signer for a world that checks no signatures. */
export function signerOf(address: Address): TransactionSigner {
  return createNoopSigner(address);
}

/** The committed build of the program. */
export const PROGRAM_PATH: URL = new URL('../../../../programs/media/media.so', import.meta.url);

/** The build under test: `MEDIA_PROGRAM` names another than the committed one. */
function programUnderTest(): Uint8Array {
  return readFileSync(process.env['MEDIA_PROGRAM'] ?? PROGRAM_PATH);
}

function resultOf(result: ReturnType<LiteSVM['sendTransaction']>): RunResult {
  if (!(result instanceof FailedTransactionMetadata)) {
    return { ok: true, units: Number(result.computeUnitsConsumed()), logs: result.logs() };
  }
  const failure = result.err();
  const shown = failure.toString();
  const inner = typeof failure === 'object' && 'err' in failure ? failure.err() : undefined;
  const custom = typeof inner === 'object' && 'code' in inner ? inner.code : undefined;
  return { ok: false, custom, text: shown, logs: result.meta().logs() };
}

/** What litesvm's wrapper wraps, as far as it is read here. */
interface InnerVm {
  getAccount(address: Uint8Array): {
    owner(): Uint8Array;
    data(): Uint8Array;
    lamports(): bigint;
  } | null;
}

const UNITS = setComputeUnitLimit(MAX_COMPUTE_UNITS);

export function createProgramWorld(program: Uint8Array = programUnderTest()): ProgramWorld {
  const programId = addressOf('media program');
  const bank = addressOf('bank');
  const svm = new LiteSVM().withSigverify(false).withBlockhashCheck(false).withTransactionHistory(0n);
  svm.addProgram(programId, program);
  // The public wrapper turns every address to base58 and back, which is most of what a step of a random trace would cost.
  const { inner } = svm as unknown as { readonly inner: InnerVm };
  // Found without waiting, and once for the world and the model.
  const addresses = createAddresses(programId, async ({ programAddress, seeds }) =>
    pdaFinderOf(programAddress)(seeds),
  );
  let time = 0n;

  function setTime(seconds: bigint): void {
    time = seconds;
    svm.setClock(new Clock(1n, 0n, 0n, 0n, seconds));
  }

  function setAccount(address: Address, { owner, data, lamports }: RawAccount): void {
    svm.setAccount({
      address,
      data,
      executable: false,
      // The brand says no more than that it is an amount of lamports.
      lamports: lamports as Lamports,
      programAddress: owner,
      space: BigInt(data.length),
    });
  }

  const fund = (address: Address): void =>
    setAccount(address, { owner: PROGRAMS.system, data: new Uint8Array(0), lamports: RICH });

  function account(address: Address): RawAccount | null {
    const found = inner.getAccount(addressBytes(address));
    if (found === null) return null;
    return { owner: bytesAddress(found.owner()), data: found.data(), lamports: found.lamports() };
  }

  const run = (...instructions: readonly Instruction[]): RunResult =>
    resultOf(svm.sendTransaction(unsignedTransaction(bank, [UNITS, ...instructions])));

  fund(bank);
  setTime(1_700_000_000n);
  return {
    programId,
    addresses,
    instructions: createInstructions(programId, addresses),
    bank,
    now: () => time,
    setTime,
    run,
    must(...instructions) {
      const result = run(...instructions);
      if (result.ok) return result.units;
      throw new Error(`${result.text}\n${result.logs.join('\n')}`);
    },
    account,
    setAccount,
    fund,
    createMint(address, options = {}) {
      const data = getMintEncoder().encode({
        mintAuthority: bank,
        supply: options.supply ?? 0n,
        decimals: 6,
        isInitialized: true,
        freezeAuthority: options.freezable === true ? bank : null,
      });
      setAccount(address, { owner: PROGRAMS.token, data: new Uint8Array(data), lamports: 10_000_000n });
    },
    createToken(address, mint, owner, amount) {
      const isNative = mint === MINTS.wrappedSol;
      const data = getTokenEncoder().encode({
        mint,
        owner,
        amount,
        delegate: null,
        state: AccountState.Initialized,
        isNative: isNative ? some(TOKEN_RENT) : null,
        delegatedAmount: 0n,
        closeAuthority: null,
      });
      const lamports = isNative ? TOKEN_RENT + amount : 10_000_000n;
      setAccount(address, { owner: PROGRAMS.token, data: new Uint8Array(data), lamports });
    },
    tokens: (address) => tokenAmount(account(address)?.data ?? new Uint8Array(0)),
    mintSupply(address) {
      const data = account(address)?.data;
      return data === undefined || data.length < 44 ? 0n : viewOf(data).getBigUint64(36, true);
    },
    programAccounts: () => svm.getProgramAccounts(programId).map((each) => each.address),
    createBlank(address, size) {
      setAccount(address, { owner: programId, data: new Uint8Array(size), lamports: 1_000_000_000n });
    },
  };
}
