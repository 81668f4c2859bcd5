import type { Address } from '@solana/kit';

import { addressBytes } from '../codec/address-bytes.ts';
import { seedBytes } from '../addresses.ts';
import type { SeedValues } from '../addresses.ts';
import type { AccountValue, InstructionArgs } from '../codec/values.ts';
import { ACCOUNTS, ACCOUNT_VERSION, HEADER, INSTRUCTIONS } from '../schema/index.ts';
import type {
  AccountMetaSchema,
  AccountName,
  AccountSchema,
  FieldTable,
  FieldType,
  InstructionName,
  InstructionSchema,
} from '../schema/index.ts';
import { fail, failToken, TOKEN_INSUFFICIENT_FUNDS, TOKEN_OWNER_MISMATCH } from './failure.ts';
import { pdaFinderOf } from './pda.ts';
import type {
  BlankAccount,
  Draft,
  LoaderBuffer,
  Mint,
  ModelAccount,
  ModelState,
  TokenAccount,
} from './state.ts';
import { u64 } from './arithmetic.ts';
import { PROGRAMS } from '../programs.ts';

type AccountNames<N extends InstructionName> = (typeof INSTRUCTIONS)[N]['accounts'][number]['name'];

/** An instruction as the program sees it: addresses by the names of the table, decoded arguments. */
export type ModelInstruction = {
  [N in InstructionName]: {
    readonly name: N;
    readonly accounts: Readonly<Record<AccountNames<N>, Address>>;
    readonly args: InstructionArgs<N>;
    readonly tail?: Uint8Array;
    /** The instruction before it in its transaction, if that is an Ed25519 one: the runtime has verified its signatures. */
    readonly before?: { readonly data: Uint8Array };
    /** Accounts after those of the table. */
    readonly remaining?: readonly Address[];
  };
}[InstructionName];

/** What a rule sees and may change. Nothing reaches the state unless the whole instruction succeeds. */
export interface Context {
  readonly now: bigint;
  readonly programId: Address;
  readonly tail: Uint8Array;
  readonly remaining: readonly Address[];
  /** The Ed25519 instruction right before this one. */
  readonly before: { readonly data: Uint8Array } | undefined;
  /** The account given under a name of the table. */
  at(name: string): Address;
  /** The program's account of a kind at an address: `WrongOwner` when there is none, `WrongTag` when another. */
  open<K extends AccountName>(kind: K, address: Address): Draft<K>;
  /** As `open`, or null where nothing is. */
  find<K extends AccountName>(kind: K, address: Address): Draft<K> | null;
  /** A new account, all zero but for what is given; its bump is that of the seeds. `AlreadyExists`. */
  create<K extends AccountName>(kind: K, address: Address, fields: Partial<AccountValue<K>>): Draft<K>;
  remove(address: Address): void;
  blank(address: Address): BlankAccount | null;
  token(address: Address): TokenAccount;
  mint(address: Address): Mint;
  hasMint(address: Address): boolean;
  setToken(address: Address, value: TokenAccount): void;
  setMint(address: Address, value: Mint): void;
  /** Moves tokens as the SPL token program does; `authority` has signed. */
  transfer(from: Address, to: Address, amount: bigint, authority: Address): void;
  mintTo(mint: Address, to: Address, amount: bigint): void;
  burn(mint: Address, from: Address, amount: bigint, authority: Address): void;
  /** The program-derived address that the table names for an account of this instruction. */
  derive(name: string): Address;
  address(seeds: AccountSchema['seeds'], values: SeedValues): Address;
  /** Where the loader keeps the program's bytes. */
  programData(): Address;
  /** A buffer of the loader: undefined for an account that is not the loader's, null for one that is no buffer. */
  buffer(address: Address): LoaderBuffer | null | undefined;
}

const schemas: Readonly<Record<InstructionName, InstructionSchema>> = INSTRUCTIONS;
const accountSchemas: Readonly<Record<AccountName, AccountSchema>> = ACCOUNTS;
const findProgramData = pdaFinderOf(PROGRAMS.upgradeableLoader);
const NO_ADDRESS: Address = '11111111111111111111111111111111' as Address;

function zero(type: FieldType): unknown {
  if (type === 'u64' || type === 'i64') return 0n;
  if (type === 'pubkey') return NO_ADDRESS;
  if (typeof type === 'string') return 0;
  if ('bytes' in type) return new Uint8Array(type.bytes);
  if ('str' in type) return '';
  const { array, length } = type;
  return Array.from({ length }, () => (typeof array === 'string' ? zero(array) : zeros(array)));
}

function zeros(table: FieldTable): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).map(([name, type]) => [name, zero(type)]));
}

/** Reads go through to the state, writes stay here until `commit`. */
export function createContext(
  state: ModelState,
  instruction: ModelInstruction,
  now: bigint,
): { readonly context: Context; readonly commit: () => void } {
  const accounts = new Map<Address, ModelAccount | null>();
  const blanks = new Map<Address, BlankAccount | null>();
  const tokens = new Map<Address, TokenAccount>();
  const mints = new Map<Address, Mint>();
  const findPda = pdaFinderOf(state.programId);
  const schema = schemas[instruction.name];
  const addresses: Readonly<Record<string, Address>> = instruction.accounts;
  const bumps = new Map<Address, number>();

  function at(name: string): Address {
    const found = addresses[name];
    if (found === undefined) throw new Error(`${instruction.name}: account ${name} is not given`);
    return found;
  }

  function address(seeds: AccountSchema['seeds'], values: SeedValues): Address {
    if (seeds === null) throw new Error('not a program-derived address');
    const [found, bump] = findPda(seedBytes(seeds, values));
    bumps.set(found, bump);
    return found;
  }

  function derive(name: string): Address {
    const meta: AccountMetaSchema | undefined = schema.accounts.find((each) => each.name === name);
    // Arguments that are seeds are numbers; seedBytes checks.
    return address(meta?.pda ?? null, { ...(instruction.args as SeedValues), ...addresses });
  }

  function find<K extends AccountName>(kind: K, where: Address): Draft<K> | null {
    const drafted = accounts.get(where);
    const found = drafted === undefined ? state.accounts.get(where) : drafted;
    if (found === undefined || found === null) return null;
    if (found.kind !== kind) return fail('WrongTag');
    // The kinds are equal, which the compiler cannot carry over to K.
    if (drafted !== undefined) return found.value as unknown as Draft<K>;
    const value = { ...found.value } as unknown as Draft<K>;
    accounts.set(where, { kind, value } as ModelAccount);
    return value;
  }

  function token(where: Address): TokenAccount {
    const found = tokens.get(where) ?? state.tokens.get(where);
    // The token program's too, but no token account.
    return found ?? fail(mints.has(where) || state.mints.has(where) ? 'WrongMint' : 'WrongOwner');
  }

  function mint(where: Address): Mint {
    return mints.get(where) ?? state.mints.get(where) ?? fail('WrongOwner');
  }

  const context: Context = {
    now,
    programId: state.programId,
    tail: instruction.tail ?? new Uint8Array(0),
    remaining: instruction.remaining ?? [],
    before: instruction.before,
    at,
    find,
    open: (kind, where) =>
      find(kind, where) ?? fail(blanks.has(where) || state.blanks.has(where) ? 'WrongTag' : 'WrongOwner'),
    create(kind, where, fields) {
      if (find(kind, where) !== null) return fail('AlreadyExists');
      const value = {
        ...zeros({ ...HEADER, ...accountSchemas[kind].fields }),
        tag: accountSchemas[kind].tag,
        version: ACCOUNT_VERSION,
        bump: bumps.get(where) ?? 0,
        ...fields,
      } as Draft<typeof kind>;
      accounts.set(where, { kind, value } as ModelAccount);
      blanks.set(where, null);
      return value;
    },
    remove: (where) => void accounts.set(where, null),
    blank: (where) => (blanks.has(where) ? (blanks.get(where) ?? null) : (state.blanks.get(where) ?? null)),
    token,
    mint,
    hasMint: (where) => mints.has(where) || state.mints.has(where),
    setToken: (where, value) => void tokens.set(where, value),
    setMint: (where, value) => void mints.set(where, value),
    transfer(from, to, amount, authority) {
      const source = token(from);
      if (source.amount < amount) failToken(TOKEN_INSUFFICIENT_FUNDS);
      if (source.owner !== authority) failToken(TOKEN_OWNER_MISMATCH);
      tokens.set(from, { ...source, amount: source.amount - amount });
      const target = token(to);
      tokens.set(to, { ...target, amount: u64(target.amount + amount) });
    },
    mintTo(which, to, amount) {
      const target = token(to);
      const minted = mint(which);
      mints.set(which, { ...minted, supply: u64(minted.supply + amount) });
      tokens.set(to, { ...target, amount: u64(target.amount + amount) });
    },
    burn(which, from, amount, authority) {
      const source = token(from);
      if (source.amount < amount) failToken(TOKEN_INSUFFICIENT_FUNDS);
      if (source.owner !== authority) failToken(TOKEN_OWNER_MISMATCH);
      const burned = mint(which);
      mints.set(which, { ...burned, supply: u64(burned.supply - amount) });
      tokens.set(from, { ...source, amount: source.amount - amount });
    },
    derive,
    address,
    programData: () => findProgramData([addressBytes(state.programId)])[0],
    buffer: (where) => state.buffers.get(where),
  };

  function commit(): void {
    for (const [where, value] of accounts) {
      if (value === null) state.accounts.delete(where);
      else state.accounts.set(where, value);
    }
    for (const [where, value] of blanks) if (value === null) state.blanks.delete(where);
    for (const [where, value] of tokens) state.tokens.set(where, value);
    for (const [where, value] of mints) state.mints.set(where, value);
  }

  return { context, commit };
}
