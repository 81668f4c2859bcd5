import { readFileSync } from 'node:fs';

import { PROGRAMS } from '@media-network/chain';
import { PROGRAM_PATH, addressOf } from '@media-network/chain/program-world';
import { AccountState, getMintEncoder, getTokenEncoder } from '@solana-program/token';
import type { Address } from '@solana/kit';
// The native class itself: the package's own wrapper turns every address through BigInt base58, many times the cost of what it wraps.
import { Account, Clock, FailedTransactionMetadata, LiteSvm } from 'litesvm/dist/internal.js';

import { keyBytes } from './keys.ts';

/** What a message came to; `custom` is the code of the failing instruction, where it has one. */
export type VmResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly custom: number | undefined; readonly text: string };

/** The program in the Solana VM: no signatures, no blockhashes, a clock that one sets. */
export interface Vm {
  readonly programId: Address;
  /** Pays all fees, and may mint what is no MEDIA. */
  readonly bank: Address;
  now(): bigint;
  setTime(seconds: bigint): void;
  run(message: Uint8Array): VmResult;
  data(address: Address): Uint8Array | undefined;
  /** Gives an address lamports without end. */
  fund(address: Address): void;
  createMint(address: Address, freezable: boolean): void;
  createToken(address: Address, mint: Address, owner: Address): void;
  /** A zeroed account of the program, as one that was created at top level. */
  createBlank(address: Address, size: number): void;
}

const RICH = 1_000_000_000_000_000n;
const RENT = 1_000_000_000n;
const START = 1_700_000_000n;
const SIGNATURE_BYTES = 64;

export function createVm(): Vm {
  const programId = addressOf('media program');
  const bank = addressOf('bank');
  const vm = new LiteSvm();
  vm.setSigverify(false);
  vm.setBlockhashCheck(false);
  vm.setTransactionHistory(0n);
  vm.addProgram(keyBytes(programId), readFileSync(PROGRAM_PATH));
  let time = START;

  function setTime(seconds: bigint): void {
    time = seconds;
    vm.setClock(new Clock(1n, 0n, 0n, 0n, seconds));
  }

  function put(address: Address, owner: Address, data: Uint8Array, lamports: bigint): void {
    vm.setAccount(keyBytes(address), new Account(lamports, data, keyBytes(owner), false, 0n));
  }

  const fund = (address: Address): void => put(address, PROGRAMS.system, new Uint8Array(0), RICH);
  fund(bank);
  setTime(START);
  return {
    programId,
    bank,
    now: () => time,
    setTime,
    run(message) {
      // Signatures are not checked, so they stay zero; a message begins with how many there are.
      const count = message[0] ?? 1;
      const wire = new Uint8Array(1 + count * SIGNATURE_BYTES + message.length);
      wire[0] = count;
      wire.set(message, 1 + count * SIGNATURE_BYTES);
      const result = vm.sendLegacyTransaction(wire);
      if (!(result instanceof FailedTransactionMetadata)) return { ok: true };
      const failure = result.err();
      const inner = typeof failure === 'object' && 'err' in failure ? failure.err() : undefined;
      const custom = typeof inner === 'object' && 'code' in inner ? inner.code : undefined;
      return { ok: false, custom, text: `${failure.toString()}\n${result.meta().logs().join('\n')}` };
    },
    data: (address) => vm.getAccount(keyBytes(address))?.data(),
    fund,
    createMint(address, freezable) {
      const mint = getMintEncoder().encode({
        mintAuthority: bank,
        supply: 0n,
        decimals: 6,
        isInitialized: true,
        freezeAuthority: freezable ? bank : null,
      });
      put(address, PROGRAMS.token, new Uint8Array(mint), RENT);
    },
    createToken(address, mint, owner) {
      const token = getTokenEncoder().encode({
        mint,
        owner,
        amount: 0n,
        delegate: null,
        state: AccountState.Initialized,
        isNative: null,
        delegatedAmount: 0n,
        closeAuthority: null,
      });
      put(address, PROGRAMS.token, new Uint8Array(token), RENT);
    },
    createBlank: (address, size) => put(address, programId, new Uint8Array(size), RENT),
  };
}

/** Amount of a token account; 0 where there is none. */
export function tokenAmount(data: Uint8Array | undefined): bigint {
  return u64At(data, 64);
}

/** Supply of a mint. */
export function mintSupply(data: Uint8Array | undefined): bigint {
  return u64At(data, 36);
}

function u64At(data: Uint8Array | undefined, at: number): bigint {
  if (data === undefined || data.length < at + 8) return 0n;
  return new DataView(data.buffer, data.byteOffset).getBigUint64(at, true);
}
