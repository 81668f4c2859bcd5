import { PROGRAMS, accountOffset, decodeAccount } from '@media-network/chain';
import type { AccountValue } from '@media-network/chain';
import { keyOf } from '@media-network/chain/program-world';
import type { KnownKey } from '@media-network/chain/program-world';
import { PROGRAM_ERRORS } from '@media-network/chain/schema';
import type { AccountName, InstructionName } from '@media-network/chain/schema';
import { AccountRole } from '@solana/kit';
import type { Address } from '@solana/kit';

import { createCalls } from './calls.ts';
import type { CallExtras, Given } from './calls.ts';
import { compileMessage } from './message.ts';
import type { Call } from './message.ts';
import { createPlaces } from './places.ts';
import type { Places } from './places.ts';
import { createVm, tokenAmount } from './vm.ts';
import type { Vm } from './vm.ts';

/** Somebody who signs and pays. */
export interface Wallet {
  readonly name: string;
  readonly address: Address;
  /** For what is signed off chain and shown on it; transactions need no signature here. */
  readonly key: KnownKey;
  /** Transactions sent so far. */
  transactions: number;
  /** Quote base units that came from outside since the network began, by mint. */
  readonly outside: Map<Address, bigint>;
}

/** A transaction as its sender would send it. */
export interface Sent {
  readonly by: Wallet;
  readonly calls: readonly Call[];
}

/** `ok`, or the name of the program's error, or the VM's own words. */
export type Fate = string;

/** The program in the Solana VM on a clock that is turned: transactions without signatures, many of them at a time. */
export interface Chain {
  readonly vm: Vm;
  readonly places: Places;
  call(name: InstructionName, given: Given, extras?: CallExtras): Call;
  wallet(name: string): Wallet;
  /** One transaction, which may fail. */
  attempt(by: Wallet, ...calls: readonly Call[]): Fate;
  /** One transaction that has to succeed. */
  must(by: Wallet, ...calls: readonly Call[]): void;
  /** Many transactions that succeed, or whose failure is one of `allowed`; what came of each. */
  all(sent: readonly Sent[], allowed?: readonly Fate[]): readonly Fate[];
  read<N extends AccountName>(name: N, address: Address): AccountValue<N> | undefined;
  /** One u64 of an account; undefined where there is no account. */
  number(name: AccountName, field: string, address: Address): bigint | undefined;
  tokens(address: Address): bigint;
  /** Transactions that the VM ran, and how many instructions were in them. */
  readonly count: { transactions: number; instructions: number };
}

/** Instructions that go to the VM in one transaction: within its accounts and compute units. */
const BATCH_CALLS = 16;
const BATCH_ACCOUNTS = 60;
const COMPUTE_LIMIT: Call = {
  programAddress: PROGRAMS.computeBudget,
  accounts: [],
  // SetComputeUnitLimit 1,400,000
  data: Uint8Array.of(2, 0xc0, 0x5c, 0x15, 0),
};
const ERROR_NAMES = new Map<number, string>(
  Object.entries(PROGRAM_ERRORS).map(([code, [name]]) => [Number(code), name]),
);

/** As few transactions as hold all of these. */
function batches(sent: readonly Sent[]): (readonly Sent[])[] {
  const found: Sent[][] = [];
  let [calls, accounts] = [0, new Set<Address>()];
  for (const each of sent) {
    const mine = each.calls.flatMap((call) => [
      call.programAddress,
      ...call.accounts.map(({ address }) => address),
    ]);
    const joined = new Set([...accounts, ...mine]);
    const last = found.at(-1);
    if (last === undefined || calls + each.calls.length > BATCH_CALLS || joined.size > BATCH_ACCOUNTS) {
      found.push([each]);
      [calls, accounts] = [each.calls.length, new Set(mine)];
    } else {
      last.push(each);
      [calls, accounts] = [calls + each.calls.length, joined];
    }
  }
  return found;
}

export function createChain(): Chain {
  const vm = createVm();
  const places = createPlaces(vm.programId);
  const build = createCalls(places);
  const wallets = new Map<string, Wallet>();
  const count = { transactions: 0, instructions: 0 };

  function send(calls: readonly Call[]): Fate {
    count.transactions += 1;
    count.instructions += calls.length;
    const result = vm.run(compileMessage(vm.bank, [COMPUTE_LIMIT, ...calls]));
    if (result.ok) return 'ok';
    if (result.custom !== undefined) return ERROR_NAMES.get(result.custom) ?? `custom ${result.custom}`;
    return result.text;
  }

  function refuse(fate: Fate, by: Wallet): never {
    throw new Error(`a transaction of ${by.name} failed: ${fate}`);
  }

  return {
    vm,
    places,
    count,
    call: build,
    wallet(name) {
      const known = wallets.get(name);
      if (known !== undefined) return known;
      const key = keyOf(`sim ${name}`);
      const wallet: Wallet = { name, key, address: key.address, transactions: 0, outside: new Map() };
      vm.fund(wallet.address);
      wallets.set(name, wallet);
      return wallet;
    },
    attempt(by, ...calls) {
      by.transactions += 1;
      return send(calls);
    },
    must(by, ...calls) {
      by.transactions += 1;
      const fate = send(calls);
      if (fate !== 'ok') refuse(fate, by);
    },
    all(sent, allowed = []) {
      const fates: Fate[] = [];
      for (const batch of batches(sent)) {
        for (const { by } of batch) by.transactions += 1;
        if (batch.length > 1 && send(batch.flatMap(({ calls }) => calls)) === 'ok') {
          fates.push(...batch.map(() => 'ok'));
          continue;
        }
        // One that fails takes the whole batch back: each for itself.
        for (const { by, calls } of batch) {
          const fate = send(calls);
          if (fate !== 'ok' && !allowed.includes(fate)) refuse(fate, by);
          fates.push(fate);
        }
      }
      return fates;
    },
    read(name, address) {
      const data = vm.data(address);
      return data === undefined || data.length === 0 ? undefined : decodeAccount(name, data);
    },
    number(name, field, address) {
      const data = vm.data(address);
      if (data === undefined || data.length === 0) return undefined;
      const at = accountOffset(name, field as never);
      return new DataView(data.buffer, data.byteOffset).getBigUint64(at, true);
    },
    tokens: (address) => tokenAmount(vm.data(address)),
  };
}

/** Moves tokens of any mint. */
export function transfer(owner: Wallet, from: Address, to: Address, amount: bigint): Call {
  const data = new Uint8Array(9);
  data[0] = 3;
  new DataView(data.buffer).setBigUint64(1, amount, true);
  return {
    programAddress: PROGRAMS.token,
    accounts: [
      { address: from, role: AccountRole.WRITABLE },
      { address: to, role: AccountRole.WRITABLE },
      { address: owner.address, role: AccountRole.READONLY_SIGNER },
    ],
    data,
  };
}

/** Mints tokens of a mint whose authority is the world's bank. */
export function mintTo(bank: Address, mint: Address, to: Address, amount: bigint): Call {
  const data = new Uint8Array(9);
  data[0] = 7;
  new DataView(data.buffer).setBigUint64(1, amount, true);
  return {
    programAddress: PROGRAMS.token,
    accounts: [
      { address: mint, role: AccountRole.WRITABLE },
      { address: to, role: AccountRole.WRITABLE },
      { address: bank, role: AccountRole.READONLY_SIGNER },
    ],
    data,
  };
}
