import { createHash, hash } from 'node:crypto';

import { PROGRAMS } from '@media-network/chain';
import { ACCOUNTS, INSTRUCTIONS } from '@media-network/chain/schema';
import type { InstructionName, InstructionSchema, SeedPart } from '@media-network/chain/schema';
import { addressOf } from '@media-network/protocol';
import type { Address } from '@solana/kit';

import { isOnCurve } from './curve.ts';
import { keyBytes } from './keys.ts';
import { remembered } from './remembered.ts';

type Values = Readonly<Record<string, Address | number | bigint>>;

const text = new TextEncoder();
const MARKER = text.encode('ProgramDerivedAddress');
const MINT_SEED = INSTRUCTIONS.genesis.accounts[2].pda;
const FUND_SEED = INSTRUCTIONS.genesis.accounts[3].pda;

/** Addresses that were derived in this process, by program and seeds: every play of one seed asks for the same ones. */
const derived = remembered<Address>();

function programAddress(programId: Address, seeds: readonly Uint8Array[]): Address {
  const key = `${programId}/${Buffer.concat(seeds).toString('latin1')}`;
  const known = derived.get(key);
  if (known !== undefined) return known;
  const program = keyBytes(programId);
  for (let bump = 255; bump >= 0; bump -= 1) {
    const bytes = hash('sha256', Buffer.concat([...seeds, Uint8Array.of(bump), program, MARKER]), 'buffer');
    if (isOnCurve(bytes)) continue;
    const found = addressOf(bytes) as Address;
    derived.set(key, found);
    return found;
  }
  throw new Error('no address for these seeds');
}

function littleEndian(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

function seedBytes(parts: readonly SeedPart[], values: Values): Uint8Array[] {
  return parts.map((part) => {
    if ('text' in part) return text.encode(part.text);
    const value = values['account' in part ? part.account : part.arg];
    if (value === undefined) throw new Error(`seed ${JSON.stringify(part)} is not given`);
    if (typeof value === 'string') return keyBytes(value);
    const size = 'arg' in part ? { u8: 1, u32: 4, u64: 8, pubkey: 32, bytes: 32 }[part.as] : 8;
    return littleEndian(BigInt(value), size);
  });
}

/** Addresses of one deployment, without waiting: the same as `createAddresses` of the client finds. */
export interface Places {
  readonly programId: Address;
  readonly config: Address;
  readonly mediaMint: Address;
  readonly fund: Address;
  pool(quoteMint: Address): Address;
  /** An account that an instruction derives. */
  of(instruction: InstructionName, account: string, values: Values): Address;
  stake(owner: Address, pool: Address, role: number): Address;
  guard(owner: Address): Address;
  edge(owner: Address): Address;
  guardSet(week: bigint): Address;
  resource(publisher: Address, id: bigint): Address;
  settings(resource: Address, settingsVersion: number): Address;
  ring(publisher: Address, resource: Address): { readonly address: Address; readonly seed: string };
  report(edge: Address, hour: bigint): Address;
  verdict(hour: bigint, guard: Address): Address;
  hour(hour: bigint): Address;
  epoch(week: bigint): Address;
  claim(owner: Address): Address;
  associated(owner: Address, mint: Address): Address;
}

export function createPlaces(programId: Address): Places {
  const place = (seeds: readonly SeedPart[], values: Values): Address =>
    programAddress(programId, seedBytes(seeds, values));
  return {
    programId,
    config: place(ACCOUNTS.config.seeds, {}),
    mediaMint: place(MINT_SEED, {}),
    fund: place(FUND_SEED, {}),
    pool: (quoteMint) => place(ACCOUNTS.pool.seeds, { quoteMint }),
    of(instruction, account, values) {
      const schema: InstructionSchema = INSTRUCTIONS[instruction];
      const seeds = schema.accounts.find(({ name }) => name === account)?.pda;
      if (seeds === undefined) throw new Error(`${instruction} derives no ${account}`);
      return place(seeds, values);
    },
    stake: (owner, pool, role) => place(ACCOUNTS.stake.seeds, { owner, pool, role }),
    guard: (owner) => place(ACCOUNTS.guard.seeds, { owner }),
    edge: (owner) => place(ACCOUNTS.edge.seeds, { owner }),
    guardSet: (week) => place(ACCOUNTS.guardSet.seeds, { week }),
    resource: (publisher, id) => place(ACCOUNTS.resource.seeds, { publisher, id }),
    settings: (resource, settingsVersion) => place(ACCOUNTS.settings.seeds, { resource, settingsVersion }),
    ring(publisher, resource) {
      const seed = createHash('sha256').update(keyBytes(resource)).digest('hex').slice(0, 32);
      const hash = createHash('sha256').update(keyBytes(publisher)).update(seed);
      return { address: addressOf(hash.update(keyBytes(programId)).digest()) as Address, seed };
    },
    report: (edge, hour) => place(ACCOUNTS.report.seeds, { edge, hour }),
    verdict: (hour, guard) => place(ACCOUNTS.verdict.seeds, { hour, guard }),
    hour: (hour) => place(ACCOUNTS.hour.seeds, { hour }),
    epoch: (week) => place(ACCOUNTS.epoch.seeds, { week }),
    claim: (owner) => place(ACCOUNTS.claim.seeds, { owner }),
    associated: (owner, mint) =>
      programAddress(PROGRAMS.ata, [keyBytes(owner), keyBytes(PROGRAMS.token), keyBytes(mint)]),
  };
}
