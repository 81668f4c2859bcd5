import { MediaError } from '@media-network/runtime';
import { getBase64Decoder, getBase64Encoder } from '@solana/kit';
import type {
  AccountInfoBase,
  AccountInfoWithBase64EncodedData,
  Address,
  Base64EncodedBytes,
  Rpc,
  SolanaRpcApi,
} from '@solana/kit';

import type { Addresses } from './addresses.ts';
import { accountOffset, decodeAccount } from './codec/accounts.ts';
import { viewOf, writeField } from './codec/fields.ts';
import { fieldSize } from './codec/layout.ts';
import type { AccountValue, Flat } from './codec/values.ts';
import { SYSVARS } from './programs.ts';
import { rpcCall } from './rpc.ts';
import { ACCOUNTS, ACCOUNT_VERSION, HEADER } from './schema/index.ts';
import type { AccountName, AccountSchema, FieldType } from './schema/index.ts';
import type { Commitment } from './send.ts';

/** An account as read: its fields, where it is, and its lamports. */
export type Found<N extends AccountName> = Flat<
  AccountValue<N> & { readonly address: Address; readonly lamports: bigint }
>;

/** Equal fields, matched by the node. At most three: nodes allow four filters and one is the tag. */
export type Where<N extends AccountName> = Partial<Omit<AccountValue<N>, 'tag' | 'version' | 'tail'>>;

export interface Reads {
  /** Null when there is no account of the program at the address; `chain/wrong-account` when it is of another kind. */
  account<N extends AccountName>(kind: N, address: Address): Promise<Found<N> | null>;
  accounts<N extends AccountName>(kind: N, addresses: readonly Address[]): Promise<(Found<N> | null)[]>;
  list<N extends AccountName>(kind: N, where?: Where<N>): Promise<Found<N>[]>;
  /** Throws `chain/no-network` when nobody has created the network under this program. */
  config(): Promise<Found<'config'>>;
  pool(quoteMint: Address): Promise<Found<'pool'> | null>;
  pools(): Promise<Found<'pool'>[]>;
  stake(owner: Address, pool: Address, role: number): Promise<Found<'stake'> | null>;
  stakes(owner?: Address): Promise<Found<'stake'>[]>;
  guard(owner: Address): Promise<Found<'guard'> | null>;
  guards(): Promise<Found<'guard'>[]>;
  edge(owner: Address): Promise<Found<'edge'> | null>;
  edges(): Promise<Found<'edge'>[]>;
  guardSet(week: bigint): Promise<Found<'guardSet'> | null>;
  resource(publisher: Address, id: bigint): Promise<Found<'resource'> | null>;
  resources(where?: Where<'resource'>): Promise<Found<'resource'>[]>;
  settings(resource: Address, settingsVersion: number): Promise<Found<'settings'> | null>;
  ring(address: Address): Promise<Found<'ring'> | null>;
  report(edge: Address, hour: bigint): Promise<Found<'report'> | null>;
  /** The reports of an hour by their `index`, which is their place in every verdict. */
  reports(hour: bigint): Promise<Found<'report'>[]>;
  verdict(hour: bigint, guard: Address): Promise<Found<'verdict'> | null>;
  /** The verdicts of an hour, committed and revealed, by guard number. */
  verdicts(hour: bigint): Promise<Found<'verdict'>[]>;
  hour(hour: bigint): Promise<Found<'hour'> | null>;
  epoch(week: bigint): Promise<Found<'epoch'> | null>;
  claimed(owner: Address): Promise<Found<'claim'> | null>;
  /** What genesis locked. */
  founding(): Promise<Found<'founding'> | null>;
  /** A domain of PeerPool by the SHA-256 of its name. */
  domain(key: Address): Promise<Found<'domain'> | null>;
  domains(owner?: Address): Promise<Found<'domain'>[]>;
  /** Seconds since the Unix epoch by the chain's clock: what the program sees. */
  chainTime(): Promise<bigint>;
  lamports(address: Address): Promise<bigint>;
  /** Base units in the owner's associated token account; 0 without one. */
  tokenBalance(owner: Address, mint: Address): Promise<bigint>;
}

const BATCH = 100;
const base64Decoder = getBase64Decoder();
const base64Encoder = getBase64Encoder();
const schemas: Readonly<Record<AccountName, AccountSchema>> = ACCOUNTS;

/** An account as nodes show it. */
export type RawAccount = AccountInfoBase & AccountInfoWithBase64EncodedData;

/** The account of a kind in what a node shows; null where there is none of the program's. `chain/wrong-account` for another kind. */
export function foundOf<N extends AccountName>(
  kind: N,
  programId: Address,
  address: Address,
  raw: RawAccount | null,
  how: { readonly share?: boolean } = {},
): Found<N> | null {
  if (raw === null || raw.owner !== programId) return null;
  return { ...decodeAccount(kind, dataOf(raw), how), address, lamports: BigInt(raw.lamports) };
}

export function createReads(rpc: Rpc<SolanaRpcApi>, addresses: Addresses, commitment: Commitment): Reads {
  const decode = <N extends AccountName>(
    kind: N,
    address: Address,
    raw: RawAccount | null,
  ): Found<N> | null => foundOf(kind, addresses.programId, address, raw);

  async function raw(address: Address): Promise<RawAccount | null> {
    const { value } = await rpcCall('an account', () =>
      rpc.getAccountInfo(address, { encoding: 'base64', commitment }).send(),
    );
    return value;
  }

  async function account<N extends AccountName>(kind: N, address: Address): Promise<Found<N> | null> {
    return decode(kind, address, await raw(address));
  }

  async function accounts<N extends AccountName>(
    kind: N,
    wanted: readonly Address[],
  ): Promise<(Found<N> | null)[]> {
    const found: (Found<N> | null)[] = [];
    for (let from = 0; from < wanted.length; from += BATCH) {
      const batch = wanted.slice(from, from + BATCH);
      const { value } = await rpcCall('accounts', () =>
        rpc.getMultipleAccounts(batch, { encoding: 'base64', commitment }).send(),
      );
      for (const [index, address] of batch.entries()) found.push(decode(kind, address, value[index] ?? null));
    }
    return found;
  }

  async function list<N extends AccountName>(kind: N, where?: Where<N>): Promise<Found<N>[]> {
    const filters = accountFilters(kind, where);
    const all = await rpcCall(`the ${kind} accounts`, () =>
      rpc.getProgramAccounts(addresses.programId, { encoding: 'base64', commitment, filters }).send(),
    );
    return all.flatMap(({ pubkey, account: each }) => decode(kind, pubkey, each) ?? []);
  }

  const at = async <N extends AccountName>(kind: N, address: Promise<Address>): Promise<Found<N> | null> =>
    account(kind, await address);

  return {
    account,
    accounts,
    list,
    async config() {
      const address = await addresses.config();
      const found = await account('config', address);
      if (found !== null) return found;
      throw new MediaError({
        code: 'chain/no-network',
        message: `There is no network under the program ${addresses.programId} on this chain: check the program id, or create one (genesis).`,
        source: 'chain',
        retry: true,
        context: { programId: addresses.programId, config: address },
      });
    },
    pool: (quoteMint) => at('pool', addresses.pool(quoteMint)),
    pools: () => list('pool'),
    stake: (owner, pool, role) => at('stake', addresses.stake(owner, pool, role)),
    stakes: (owner) => list('stake', owner === undefined ? {} : { owner }),
    guard: (owner) => at('guard', addresses.guard(owner)),
    guards: () => list('guard'),
    edge: (owner) => at('edge', addresses.edge(owner)),
    edges: () => list('edge'),
    guardSet: (week) => at('guardSet', addresses.guardSet(week)),
    resource: (publisher, id) => at('resource', addresses.resource(publisher, id)),
    resources: (where) => list('resource', where),
    settings: (resource, version) => at('settings', addresses.settings(resource, version)),
    ring: (address) => account('ring', address),
    report: (edge, hour) => at('report', addresses.report(edge, hour)),
    reports: async (hour) => (await list('report', { hour })).sort((a, b) => a.index - b.index),
    verdict: (hour, guard) => at('verdict', addresses.verdict(hour, guard)),
    verdicts: async (hour) => (await list('verdict', { hour })).sort((a, b) => a.no - b.no),
    hour: (hour) => at('hour', addresses.hour(hour)),
    epoch: (week) => at('epoch', addresses.epoch(week)),
    claimed: (owner) => at('claim', addresses.claim(owner)),
    founding: () => at('founding', addresses.founding()),
    domain: (key) => at('domain', addresses.domain(key)),
    domains: (owner) => list('domain', owner === undefined ? {} : { owner }),
    async chainTime() {
      const clock = await raw(SYSVARS.clock);
      if (clock === null)
        throw new MediaError({
          code: 'chain/rpc-error',
          message: 'The node shows no clock.',
          source: 'chain',
        });
      return viewOf(dataOf(clock)).getBigInt64(32, true);
    },
    async lamports(address) {
      const { value } = await rpcCall('a balance', () => rpc.getBalance(address, { commitment }).send());
      return BigInt(value);
    },
    async tokenBalance(owner, mint) {
      const found = await raw(await addresses.associatedToken(owner, mint));
      return found === null ? 0n : tokenAmount(dataOf(found));
    },
  };
}

function dataOf(raw: RawAccount): Uint8Array {
  return new Uint8Array(base64Encoder.encode(raw.data[0]));
}

/** Amount of an SPL token account: mint 32, owner 32, amount u64. */
export function tokenAmount(data: Uint8Array): bigint {
  return data.length < 72 ? 0n : viewOf(data).getBigUint64(64, true);
}

function fieldBytes(type: FieldType, value: unknown, name: string): Uint8Array {
  const bytes = new Uint8Array(fieldSize(type));
  writeField(viewOf(bytes), 0, type, value, name);
  return bytes;
}

export interface MemcmpFilter {
  readonly memcmp: {
    readonly offset: bigint;
    readonly bytes: Base64EncodedBytes;
    readonly encoding: 'base64';
  };
}

/** Filters for one kind of account, tag and version first. */
export function accountFilters<N extends AccountName>(kind: N, where: Where<N> = {}): MemcmpFilter[] {
  const filters = [memcmp(0, Uint8Array.of(schemas[kind].tag, ACCOUNT_VERSION))];
  const types: Readonly<Record<string, FieldType>> = { ...HEADER, ...schemas[kind].fields };
  for (const [name, value] of Object.entries(where)) {
    const type = types[name];
    if (value === undefined || type === undefined) continue;
    // `name` is a key of Where<N>, whose keys are fields of the account.
    filters.push(
      memcmp(
        accountOffset(kind, name as Parameters<typeof accountOffset<N>>[1]),
        fieldBytes(type, value, name),
      ),
    );
  }
  return filters;
}

function memcmp(offset: number, bytes: Uint8Array): MemcmpFilter {
  // The decoder gives base64, which is what the brand says.
  return {
    memcmp: {
      offset: BigInt(offset),
      bytes: base64Decoder.decode(bytes) as Base64EncodedBytes,
      encoding: 'base64',
    },
  };
}
