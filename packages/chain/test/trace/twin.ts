import type { Address, Instruction } from '@solana/kit';

import { encodeAccount } from '../../src/codec/accounts.ts';
import type { AccountValue } from '../../src/codec/values.ts';
import { decodeInstruction } from '../../src/codec/instructions.ts';
import type { MediaInstruction } from '../../src/instructions.ts';
import { apply } from '../../src/model/apply.ts';
import type { ModelInstruction } from '../../src/model/context.ts';
import { createModelState } from '../../src/model/state.ts';
import type { ModelAccount, ModelState } from '../../src/model/state.ts';
import { bufferOf } from '../../src/program-world/story-governance.ts';
import type { ProgramWorld, RunResult } from '../../src/program-world/world.ts';
import { PROGRAMS } from '../../src/programs.ts';
import { INSTRUCTIONS } from '../../src/schema/index.ts';
import type { AccountName, InstructionSchema } from '../../src/schema/index.ts';

/** The program in the VM and the model, kept side by side. */
export interface Twin {
  readonly world: ProgramWorld;
  readonly model: ModelState;
  /** Runs in both; throws when they disagree in outcome, error code or any account of the instruction. */
  step(
    instruction: MediaInstruction,
    before?: Instruction,
  ): { readonly ok: boolean; readonly custom?: number };
  /** Throws when anything at all differs. */
  compareAll(): void;
  createMint(address: Address, freezable?: boolean): void;
  createToken(address: Address, mint: Address, owner: Address, amount: bigint): void;
  createBlank(address: Address, size: number): void;
  /** A buffer of the loader with the bytes of a program, which only `authority` may change. */
  createBuffer(address: Address, authority: Address, bytes: Uint8Array): void;
  /** Writes fields of an account in both, as time or a vote that is not part of the trace would. */
  change<N extends AccountName>(kind: N, address: Address, fields: Partial<AccountValue<N>>): void;
}

/** The instruction as the model takes it: the very addresses of the transaction, by name. */
export function toModel(instruction: MediaInstruction, before?: Instruction): ModelInstruction {
  const { name, args, tail } = decodeInstruction(instruction.data);
  const schema: InstructionSchema = INSTRUCTIONS[name];
  const addresses = instruction.accounts.map(({ address }) => address);
  const accounts = Object.fromEntries(schema.accounts.map((meta, index) => [meta.name, addresses[index]]));
  const remaining = addresses.slice(schema.accounts.length);
  // Decoded by the name's own table, as ModelInstruction is mapped.
  const signed = before?.data === undefined ? {} : { before: { data: before.data } };
  return { name, args, tail, accounts, remaining, ...signed } as unknown as ModelInstruction;
}

function describe(instruction: MediaInstruction, result: RunResult, expected: unknown): string {
  const shown = JSON.stringify(toModel(instruction), (_, value: unknown) =>
    typeof value === 'bigint'
      ? value.toString()
      : value instanceof Uint8Array
        ? `${value.length} bytes`
        : value,
  );
  const outcome = result.ok ? 'succeeds' : `fails with ${result.custom ?? result.text}`;
  return `the program ${outcome}, the model says ${JSON.stringify(expected)}\n${shown}\n${result.logs.join('\n')}`;
}

export function createTwin(world: ProgramWorld): Twin {
  const model = createModelState(world.programId);

  /** What has not changed is not encoded again: an instruction that succeeds puts new values in the place of the old. */
  const known = new WeakMap<object, Uint8Array>();
  function encoded({ kind, value }: ModelAccount): Uint8Array {
    const before = known.get(value);
    if (before !== undefined) return before;
    // Kind and value belong together in a ModelAccount.
    const bytes = encodeAccount(kind, value as never);
    known.set(value, bytes);
    return bytes;
  }

  function compare(address: Address): void {
    const there = world.account(address);
    const token = model.tokens.get(address);
    if (token !== undefined && world.tokens(address) !== token.amount) {
      throw new Error(
        `token account ${address} holds ${world.tokens(address)}, the model says ${token.amount}`,
      );
    }
    const mint = model.mints.get(address);
    if (mint !== undefined && world.mintSupply(address) !== mint.supply) {
      throw new Error(
        `mint ${address} has supply ${world.mintSupply(address)}, the model says ${mint.supply}`,
      );
    }
    const account = model.accounts.get(address);
    const ours = there !== null && there.owner === world.programId && there.data.length > 0;
    if (account === undefined) {
      if (ours && !model.blanks.has(address))
        throw new Error(`the program has an account ${address}, the model has none`);
      return;
    }
    if (!ours) throw new Error(`the model has a ${account.kind} at ${address}, the program has none`);
    const expected = encoded(account);
    if (Buffer.compare(expected, there.data) === 0) return;
    const at = expected.findIndex((byte, index) => byte !== there.data[index]);
    throw new Error(
      `${account.kind} ${address} differs from byte ${at} on (${there.data.length} and ${expected.length} bytes)`,
    );
  }

  return {
    world,
    model,
    step(instruction, before) {
      const applied = apply(model, toModel(instruction, before), world.now());
      const result = world.run(...(before === undefined ? [] : [before]), instruction);
      const same = applied.ok ? result.ok : !result.ok && result.custom === applied.custom;
      if (!same) throw new Error(describe(instruction, result, applied));
      try {
        for (const { address } of instruction.accounts) compare(address);
      } catch (error) {
        throw new Error(describe(instruction, result, applied), { cause: error });
      }
      return applied;
    },
    compareAll() {
      for (const address of world.programAccounts()) compare(address);
      for (const each of [model.accounts, model.tokens, model.mints])
        for (const address of each.keys()) compare(address);
    },
    createMint(address, freezable = false) {
      world.createMint(address, { freezable, supply: 10n ** 19n });
      model.mints.set(address, { supply: 10n ** 19n, authority: world.bank, freezable });
    },
    createToken(address, mint, owner, amount) {
      world.createToken(address, mint, owner, amount);
      model.tokens.set(address, { mint, owner, amount });
    },
    change(kind, address, fields) {
      const account = model.accounts.get(address);
      const there = world.account(address);
      if (account?.kind !== kind || there === null) throw new Error(`there is no ${kind} at ${address}`);
      // Kind and value belong together in a ModelAccount.
      Object.assign(account.value, fields);
      known.delete(account.value);
      world.setAccount(address, { ...there, data: encodeAccount(kind, account.value as never) });
    },
    createBuffer(address, authority, bytes) {
      world.setAccount(address, { owner: PROGRAMS.upgradeableLoader, ...bufferOf(authority, bytes) });
      model.buffers.set(address, { authority, bytes });
    },
    createBlank(address, size) {
      world.createBlank(address, size);
      model.blanks.set(address, { size });
    },
  };
}
