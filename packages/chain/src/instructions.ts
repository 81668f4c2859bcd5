import { MediaError } from '@media-network/runtime';
import { AccountRole } from '@solana/kit';
import type {
  AccountMeta,
  AccountSignerMeta,
  Address,
  Instruction,
  InstructionWithAccounts,
  InstructionWithData,
  TransactionSigner,
} from '@solana/kit';

import { createAddresses } from './addresses.ts';
import type { Addresses, SeedValues } from './addresses.ts';
import { encodeInstruction } from './codec/instructions.ts';
import type { ExtraInputs, InstructionInput } from './instruction-inputs.ts';
import { FIXED, PROGRAMS, SYSVARS } from './programs.ts';
import { INSTRUCTIONS, ROLE } from './schema/index.ts';
import type { AccountMetaSchema, InstructionName, InstructionSchema } from './schema/index.ts';

type Input = Readonly<Record<string, unknown>>;
type Metas = readonly (AccountMeta | AccountSignerMeta)[];

/** An instruction of the program, its accounts in the order of the table. */
export type MediaInstruction = Instruction & InstructionWithAccounts<Metas> & InstructionWithData<Uint8Array>;

export type Instructions = {
  readonly [N in InstructionName]: (input: InstructionInput<N>) => Promise<MediaInstruction>;
};

const schemas: Readonly<Record<InstructionName, InstructionSchema>> = INSTRUCTIONS;

/** Role of the stake that backs an instruction, where the instruction leaves no choice. */
const STAKE_ROLE: Partial<Record<InstructionName, number>> = {
  registerGuard: ROLE.guard,
  registerEdge: ROLE.edge,
  updateEdge: ROLE.edge,
  registerResource: ROLE.publisher,
  updateResource: ROLE.publisher,
  releaseResource: ROLE.publisher,
  registerDomain: ROLE.peerpool,
  keepDomain: ROLE.peerpool,
};

/** One function an instruction, which derives every account that follows from what is given. */
export function createInstructions(
  programId: Address,
  addresses: Addresses = createAddresses(programId),
): Instructions {
  const build = Object.keys(schemas).map((name) => [
    name,
    (input: Input) => buildInstruction(addresses, name as InstructionName, input),
  ]);
  // One entry for each name of the table; the input of each is checked where it is used.
  return Object.fromEntries(build) as Instructions;
}

async function buildInstruction(
  addresses: Addresses,
  name: InstructionName,
  input: Input,
): Promise<MediaInstruction> {
  const schema = schemas[name];
  const resolver = createResolver(addresses, name, input);
  const accounts: (AccountMeta | AccountSignerMeta)[] = [];
  for (const meta of schema.accounts)
    accounts.push(accountMeta(meta, await resolver.account(meta.name), input[meta.name]));
  if (schema.remaining !== undefined) {
    const role = schema.remaining.writable === true ? AccountRole.WRITABLE : AccountRole.READONLY;
    for (const { resource, ring } of recordedList(name, input['resources'])) {
      accounts.push({ address: resource, role }, { address: ring ?? PROGRAMS.system, role });
    }
  }
  const args = Object.fromEntries(Object.keys(schema.args).map((arg) => [arg, input[arg]]));
  const tail = input['tail'];
  if (tail !== undefined && !(tail instanceof Uint8Array)) throw missing(name, 'tail');
  // encodeInstruction checks each value against its field; `tail` is refused by the type where there is none.
  const data = encodeInstruction(name, args as never, tail as never);
  return { programAddress: addresses.programId, accounts, data };
}

function accountMeta(
  meta: AccountMetaSchema,
  address: Address,
  given: unknown,
): AccountMeta | AccountSignerMeta {
  const role =
    meta.signer === true
      ? meta.writable === true
        ? AccountRole.WRITABLE_SIGNER
        : AccountRole.READONLY_SIGNER
      : meta.writable === true
        ? AccountRole.WRITABLE
        : AccountRole.READONLY;
  return meta.signer === true && isSigner(given) ? { address, role, signer: given } : { address, role };
}

function isSigner(value: unknown): value is TransactionSigner {
  return typeof value === 'object' && value !== null && 'address' in value;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function recordedList(name: InstructionName, value: unknown): ExtraInputs['resources'] {
  if (!Array.isArray(value)) throw missing(name, 'resources');
  return value;
}

function missing(instruction: InstructionName, input: string): MediaError {
  return new MediaError({
    code: 'chain/missing-input',
    message: `The instruction ${instruction} needs "${input}".`,
    source: 'client',
    context: { instruction, input },
  });
}

/** Finds accounts by name from what is given and from each other. */
function createResolver(
  addresses: Addresses,
  name: InstructionName,
  input: Input,
): { account(wanted: string): Promise<Address> } {
  const schema = schemas[name];

  function given(key: string): Address | undefined {
    const value = input[key];
    // Addresses are strings and signers hold one; other inputs have other names.
    if (typeof value === 'string') return value as Address;
    return isSigner(value) ? value.address : undefined;
  }

  function number(key: string): number | undefined {
    const value = input[key];
    return typeof value === 'number' ? value : undefined;
  }

  /** Whose stake, tokens and nodes the instruction is about. */
  function actor(): Address {
    const found = given('owner') ?? given('publisher') ?? given('proposer') ?? given('payer');
    if (found === undefined) throw missing(name, 'owner');
    return found;
  }

  async function account(wanted: string): Promise<Address> {
    const direct = isArgument(wanted) ? undefined : given(wanted);
    if (direct !== undefined) return direct;
    const meta: AccountMetaSchema | undefined = schema.accounts.find((each) => each.name === wanted);
    if (meta?.address !== undefined) return FIXED[meta.address];
    if (meta?.pda !== undefined) return fromSeeds(meta.pda);
    return derived(wanted);
  }

  function isArgument(wanted: string): boolean {
    return wanted in schema.args;
  }

  async function fromSeeds(seeds: NonNullable<AccountMetaSchema['pda']>): Promise<Address> {
    const values: Record<string, SeedValues[string]> = {};
    for (const seed of seeds) {
      if ('account' in seed) values[seed.account] = await account(seed.account);
      if ('arg' in seed) {
        const value = input[seed.arg];
        const fits =
          seed.as === 'pubkey'
            ? typeof value === 'string'
            : seed.as === 'bytes'
              ? value instanceof Uint8Array
              : isNumber(value);
        if (!fits) throw missing(name, seed.arg);
        // A string is the address that an argument of this type is.
        values[seed.arg] = value as SeedValues[string];
      }
    }
    return (await addresses.derive(seeds, values))[0];
  }

  async function derived(wanted: string): Promise<Address> {
    switch (wanted) {
      case 'mediaMint':
        return addresses.mediaMint();
      case 'fund':
        return addresses.fund();
      case 'pool': {
        const quoteMint = given('quoteMint');
        if (quoteMint === undefined) throw missing(name, 'pool');
        return addresses.pool(quoteMint);
      }
      case 'lpMint':
      case 'mediaVault':
      case 'quoteVault':
      case 'lpVault':
        return addresses[wanted](await account('pool'));
      case 'treasury':
      case 'ownerMedia':
      case 'proposerMedia':
        return addresses.associatedToken(actor(), await addresses.mediaMint());
      case 'ownerLp':
        return addresses.associatedToken(actor(), await addresses.lpMint(await account('pool')));
      case 'ownerQuote': {
        const quoteMint = given('quoteMint');
        if (quoteMint === undefined) throw missing(name, 'quoteMint');
        return addresses.associatedToken(actor(), quoteMint);
      }
      case 'stake': {
        const role = STAKE_ROLE[name] ?? number('role');
        if (role === undefined) throw missing(name, 'stake');
        return addresses.stake(actor(), await account('pool'), role);
      }
      case 'guard':
      case 'edge':
        return addresses[wanted](actor());
      case 'program':
        return addresses.programId;
      case 'programData':
        return addresses.programData();
      case 'loader':
        return PROGRAMS.upgradeableLoader;
      case 'rent':
        return SYSVARS.rent;
      case 'clock':
        return SYSVARS.clock;
      case 'successorStake':
      case 'successorPool':
        // No successor, no stake of one.
        if (given('successor') === PROGRAMS.system) return PROGRAMS.system;
        throw missing(name, wanted);
      case 'node':
        return nodeOf(number('role'));
      case 'ring':
        return addresses.ring(actor(), await account('resource'));
      case 'settings':
        return settingsOf(number('settingsVersion'));
      case 'previous':
        return settingsOf((number('settingsVersion') ?? 1) - 1);
      default:
        throw missing(name, wanted);
    }
  }

  /** `beginUnbond` reads a node for the roles that have one; for the others any account does. */
  async function nodeOf(role: number | undefined): Promise<Address> {
    if (role === ROLE.edge) return addresses.edge(actor());
    if (role === ROLE.guard) return addresses.guard(actor());
    return PROGRAMS.system;
  }

  /** Version 0 stands for "none yet", which the program takes as the system program. */
  async function settingsOf(version: number | undefined): Promise<Address> {
    if (version === undefined) throw missing(name, 'settingsVersion');
    return version === 0 ? PROGRAMS.system : addresses.settings(await account('resource'), version);
  }

  return { account };
}
