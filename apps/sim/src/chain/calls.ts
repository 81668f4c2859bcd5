import { PROGRAMS, SYSVARS, encodeInstruction } from '@media-network/chain';
import { INSTRUCTIONS } from '@media-network/chain/schema';
import type { AccountMetaSchema, InstructionName, InstructionSchema } from '@media-network/chain/schema';
import { AccountRole } from '@solana/kit';
import type { Address } from '@solana/kit';

import type { Call } from './message.ts';
import type { Places } from './places.ts';

const FIXED = { ...PROGRAMS, instructions: SYSVARS.instructions } as const;

/** Accounts and arguments of an instruction by the names of the schema. */
export type Given = Readonly<Record<string, unknown>>;

export interface CallExtras {
  readonly tail?: Uint8Array;
  /** Accounts after the fixed ones, in the role of the schema. */
  readonly remaining?: readonly Address[];
}

function roleOf(meta: Pick<AccountMetaSchema, 'signer' | 'writable'>): AccountRole {
  if (meta.signer === true)
    return meta.writable === true ? AccountRole.WRITABLE_SIGNER : AccountRole.READONLY_SIGNER;
  return meta.writable === true ? AccountRole.WRITABLE : AccountRole.READONLY;
}

/** Builds instructions of the program by its schema, without waiting. Accounts that follow from the network need not be given. */
export function createCalls(
  places: Places,
): (name: InstructionName, given: Given, extras?: CallExtras) => Call {
  const fixed: Readonly<Record<string, Address>> = {
    config: places.config,
    mediaMint: places.mediaMint,
    fund: places.fund,
  };

  function accountOf(name: InstructionName, meta: AccountMetaSchema, given: Given): Address {
    if (meta.address !== undefined) return FIXED[meta.address];
    const value = given[meta.name];
    // Accounts are given as addresses, which are strings.
    if (typeof value === 'string') return value as Address;
    const found = fixed[meta.name];
    if (found !== undefined) return found;
    if (meta.pda === undefined) throw new Error(`${name} needs ${meta.name}`);
    return places.of(name, meta.name, given as Readonly<Record<string, Address>>);
  }

  return (name, given, extras = {}) => {
    const schema: InstructionSchema = INSTRUCTIONS[name];
    const accounts = schema.accounts.map((meta) => ({
      address: accountOf(name, meta, given),
      role: roleOf(meta),
    }));
    if (extras.remaining !== undefined) {
      const role = schema.remaining?.writable === true ? AccountRole.WRITABLE : AccountRole.READONLY;
      accounts.push(...extras.remaining.map((address) => ({ address, role })));
    }
    const args = Object.fromEntries(Object.keys(schema.args).map((arg) => [arg, given[arg]]));
    // encodeInstruction checks each value against its field.
    const data = encodeInstruction(name, args as never, extras.tail as never);
    return { programAddress: places.programId, accounts, data };
  };
}
