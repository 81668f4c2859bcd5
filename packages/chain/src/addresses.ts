import { createAddressWithSeed, getProgramDerivedAddress } from '@solana/kit';
import type { Address } from '@solana/kit';

import { addressBytes } from './codec/address-bytes.ts';
import { ACCOUNTS, INSTRUCTIONS } from './schema/index.ts';
import type { AccountMetaSchema, InstructionName, InstructionSchema, SeedPart } from './schema/index.ts';
import { PROGRAMS } from './programs.ts';

const textEncoder = new TextEncoder();
const MAX_CACHED = 10_000;

/** Values that seeds refer to: accounts by address, arguments by number. */
export type SeedValues = Readonly<Record<string, Address | number | bigint | Uint8Array>>;

/** The bytes of each seed of the tables. Throws if a value is missing. */
export function seedBytes(parts: readonly SeedPart[], values: SeedValues): Uint8Array[] {
  return parts.map((part) => {
    if ('text' in part) return textEncoder.encode(part.text);
    if ('account' in part) {
      const value = values[part.account];
      if (typeof value !== 'string') throw new Error(`seed ${part.account} is not given`);
      return addressBytes(value);
    }
    const value = values[part.arg];
    if (part.as === 'pubkey' && typeof value === 'string') return addressBytes(value);
    if (part.as === 'bytes' && value instanceof Uint8Array) return value;
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    if (!isNumber || part.as === 'pubkey' || part.as === 'bytes')
      throw new Error(`seed ${part.arg} is not given`);
    return littleEndian(BigInt(value), part.as === 'u8' ? 1 : part.as === 'u32' ? 4 : 8);
  });
}

function littleEndian(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

function pdaSeeds(instruction: InstructionName, account: string): readonly SeedPart[] {
  const schema: InstructionSchema = INSTRUCTIONS[instruction];
  const meta: AccountMetaSchema | undefined = schema.accounts.find(({ name }) => name === account);
  if (meta?.pda === undefined) throw new Error(`${instruction} derives no ${account}`);
  return meta.pda;
}

/** Every address that follows from others, for one deployment of the program. Results are remembered. */
export interface Addresses {
  readonly programId: Address;
  /** A program-derived address of seeds of the tables, with its bump. */
  derive(seeds: readonly SeedPart[], values: SeedValues): Promise<readonly [address: Address, bump: number]>;
  config(): Promise<Address>;
  mediaMint(): Promise<Address>;
  fund(): Promise<Address>;
  founding(): Promise<Address>;
  foundingVault(): Promise<Address>;
  /** By the SHA-256 of its name. */
  domain(key: Address): Promise<Address>;
  pool(quoteMint: Address): Promise<Address>;
  lpMint(pool: Address): Promise<Address>;
  mediaVault(pool: Address): Promise<Address>;
  quoteVault(pool: Address): Promise<Address>;
  lpVault(pool: Address): Promise<Address>;
  stake(owner: Address, pool: Address, role: number): Promise<Address>;
  guard(owner: Address): Promise<Address>;
  edge(owner: Address): Promise<Address>;
  guardSet(week: bigint): Promise<Address>;
  resource(publisher: Address, id: bigint): Promise<Address>;
  settings(resource: Address, settingsVersion: number): Promise<Address>;
  /** Not program-derived: created with {@link ringSeed} by the publisher. */
  ring(publisher: Address, resource: Address): Promise<Address>;
  report(edge: Address, hour: bigint): Promise<Address>;
  verdict(hour: bigint, guard: Address): Promise<Address>;
  hour(hour: bigint): Promise<Address>;
  epoch(week: bigint): Promise<Address>;
  claim(owner: Address): Promise<Address>;
  evidence(guard: Address, nonce: bigint): Promise<Address>;
  election(accused: Address, kind: number, number: bigint): Promise<Address>;
  /** MEDIA that is locked, and deposits of proposals. */
  governanceVault(): Promise<Address>;
  lock(owner: Address): Promise<Address>;
  proposal(number: bigint): Promise<Address>;
  /** `source` is the lock or stake that votes. */
  vote(proposal: Address, source: Address): Promise<Address>;
  grant(number: bigint): Promise<Address>;
  integration(name: Uint8Array): Promise<Address>;
  /** The program's upgrade authority, once it is governed. */
  upgradeAuthority(): Promise<Address>;
  /** Where the upgradeable loader keeps the program's bytes. */
  programData(): Promise<Address>;
  /** Associated token account (SPL). */
  associatedToken(owner: Address, mint: Address): Promise<Address>;
}

/** What finds a program-derived address and its bump. */
export type FindAddress = (input: {
  readonly programAddress: Address;
  readonly seeds: readonly Uint8Array[];
}) => Promise<readonly [address: Address, bump: number]>;

const findAddress: FindAddress = ({ programAddress, seeds }) =>
  getProgramDerivedAddress({ programAddress, seeds: [...seeds] });

export function createAddresses(programId: Address, find: FindAddress = findAddress): Addresses {
  const known = new Map<string, Promise<readonly [Address, number]>>();

  function remembered(
    key: string,
    search: () => Promise<readonly [Address, number]>,
  ): Promise<readonly [Address, number]> {
    const before = known.get(key);
    if (before !== undefined) return before;
    if (known.size >= MAX_CACHED) known.clear();
    const found = search();
    known.set(key, found);
    return found;
  }

  function derive(seeds: readonly SeedPart[], values: SeedValues): Promise<readonly [Address, number]> {
    const bytes = seedBytes(seeds, values);
    const key = bytes.map((seed) => seed.join(',')).join('/');
    return remembered(key, () => find({ programAddress: programId, seeds: bytes }));
  }

  async function address(seeds: readonly SeedPart[], values: SeedValues): Promise<Address> {
    return (await derive(seeds, values))[0];
  }

  return {
    programId,
    derive,
    config: () => address(ACCOUNTS.config.seeds, {}),
    mediaMint: () => address(pdaSeeds('genesis', 'mediaMint'), {}),
    fund: () => address(pdaSeeds('genesis', 'fund'), {}),
    founding: () => address(ACCOUNTS.founding.seeds, {}),
    foundingVault: () => address(pdaSeeds('genesis', 'foundingVault'), {}),
    domain: (key) => address(ACCOUNTS.domain.seeds, { key }),
    pool: (quoteMint) => address(ACCOUNTS.pool.seeds, { quoteMint }),
    lpMint: (pool) => address(pdaSeeds('createPool', 'lpMint'), { pool }),
    mediaVault: (pool) => address(pdaSeeds('createPool', 'mediaVault'), { pool }),
    quoteVault: (pool) => address(pdaSeeds('createPool', 'quoteVault'), { pool }),
    lpVault: (pool) => address(pdaSeeds('createPool', 'lpVault'), { pool }),
    stake: (owner, pool, role) => address(ACCOUNTS.stake.seeds, { owner, pool, role }),
    guard: (owner) => address(ACCOUNTS.guard.seeds, { owner }),
    edge: (owner) => address(ACCOUNTS.edge.seeds, { owner }),
    guardSet: (week) => address(ACCOUNTS.guardSet.seeds, { week }),
    resource: (publisher, id) => address(ACCOUNTS.resource.seeds, { publisher, id }),
    settings: (resource, settingsVersion) => address(ACCOUNTS.settings.seeds, { resource, settingsVersion }),
    report: (edge, hour) => address(ACCOUNTS.report.seeds, { edge, hour }),
    verdict: (hour, guard) => address(ACCOUNTS.verdict.seeds, { hour, guard }),
    hour: (hour) => address(ACCOUNTS.hour.seeds, { hour }),
    epoch: (week) => address(ACCOUNTS.epoch.seeds, { week }),
    claim: (owner) => address(ACCOUNTS.claim.seeds, { owner }),
    evidence: (guard, nonce) => address(ACCOUNTS.evidence.seeds, { guard, nonce }),
    election: (accused, kind, number) => address(ACCOUNTS.election.seeds, { accused, kind, number }),
    governanceVault: () => address(pdaSeeds('lockMedia', 'vault'), {}),
    lock: (owner) => address(ACCOUNTS.lock.seeds, { owner }),
    proposal: (number) => address(ACCOUNTS.proposal.seeds, { number }),
    vote: (proposal, source) => address(ACCOUNTS.vote.seeds, { proposal, source }),
    grant: (number) => address(ACCOUNTS.grant.seeds, { number }),
    integration: (name) => address(ACCOUNTS.integration.seeds, { name }),
    upgradeAuthority: () => address(pdaSeeds('executeUpgrade', 'authority'), {}),
    async programData() {
      const [found] = await remembered('programData', () =>
        find({
          programAddress: PROGRAMS.upgradeableLoader,
          seeds: [addressBytes(programId)],
        }),
      );
      return found;
    },
    async ring(publisher, resource) {
      const [found] = await remembered(`ring/${publisher}/${resource}`, async () => {
        const seed = await ringSeed(resource);
        return [await createAddressWithSeed({ baseAddress: publisher, programAddress: programId, seed }), 0];
      });
      return found;
    },
    async associatedToken(owner, mint) {
      const [found] = await remembered(`ata/${owner}/${mint}`, () =>
        find({
          programAddress: PROGRAMS.ata,
          seeds: [addressBytes(owner), addressBytes(PROGRAMS.token), addressBytes(mint)],
        }),
      );
      return found;
    },
  };
}

/** Seed of a resource's ring under its publisher: hex of the first 16 bytes of SHA-256 of the resource's address. */
export async function ringSeed(resource: Address): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(addressBytes(resource)));
  return Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
