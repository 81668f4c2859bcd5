import { createHash } from 'node:crypto';
import { accountSize, createAddresses, createInstructions, decodeAccount } from '@media-network/chain';
import type { Found, MediaClient, MediaInstruction } from '@media-network/chain';
import {
  ACCOUNTS,
  ACCOUNT_VERSION,
  EPOCH_STATUS,
  HOUR_STATUS,
  REPORT_STATUS,
  RESOURCE_STATUS,
} from '@media-network/chain/schema';
import type { AccountName } from '@media-network/chain/schema';
import { addressOf, buildReport, creditHour, decodeEntries, shareWeek, toHex } from '@media-network/protocol';
import type { Entry, Hour, Sha256 } from '@media-network/protocol';
import { address, getBase58Decoder } from '@solana/kit';
import type { Address } from '@solana/kit';
import type { Blobs } from './blobs.ts';
import type { AuditDeps } from './subject.ts';

export const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** Address of 32 equal bytes. */
export const at = (byte: number): Address => address(addressOf(new Uint8Array(32).fill(byte)));

export const EDGE: Address = at(11);
export const OTHER_EDGE: Address = at(12);
export const RESOURCE: Address = at(21);
export const EDGE_OWNER: Address = at(31);
export const OTHER_OWNER: Address = at(32);
export const GUARD_OWNER: Address = at(33);
const PROGRAM = at(99);
const RING = at(22);
const GIGA = 1_000_000_000n;

/** An account as read from chain, all fields zero but for those given. */
export function account<N extends AccountName>(kind: N, where: Address, fields: Partial<Found<N>>): Found<N> {
  const data = new Uint8Array(accountSize(kind));
  data[0] = ACCOUNTS[kind].tag;
  data[1] = ACCOUNT_VERSION;
  return { ...decodeAccount(kind, data), address: where, lamports: 0n, ...fields };
}

/** Entries of a report over one resource: `bytes` in the first slot, nothing signed for. */
export function entriesOf(bytes: bigint, change: Partial<Entry> = {}): readonly Entry[] {
  const slots = Array.from({ length: 12 }, (_, i) => (i === 0 ? bytes : 0n));
  const nothing = new Uint8Array(32);
  return [{ resource: RESOURCE, slots, attested: 0n, receiptsRoot: nothing, digestRoot: nothing, ...change }];
}

export interface SentTransaction {
  readonly instructions: readonly MediaInstruction[];
  readonly failed: boolean;
}

/** What an audit reads, to be bent by a test before it looks. */
export interface World {
  readonly deps: AuditDeps;
  readonly reports: Map<Address, Found<'report'>>;
  /** By kind and root in hex. */
  readonly blobs: Map<string, Uint8Array>;
  readonly hour: Found<'hour'>;
  readonly epoch: Found<'epoch'>;
  readonly resource: Found<'resource'>;
  readonly ring: Found<'ring'>;
  /** The chain's history, oldest first. */
  readonly history: SentTransaction[];
  readonly instructions: MediaClient['instructions'];
  /** Puts other accounts in the place of the honest ones. */
  set(change: {
    readonly hour?: Partial<Found<'hour'>>;
    readonly epoch?: Partial<Found<'epoch'>>;
    readonly resource?: Partial<Found<'resource'>>;
  }): void;
  publish(kind: string, root: Uint8Array, blob: Uint8Array): void;
  reportOf(edge: Address, entries: readonly Entry[]): Found<'report'>;
}

/** One honest hour and week: two edges with 3 and 1 GB of a resource, one guard whose vote made the hour final, 800 kept. */
export function honestWorld(): World {
  const addresses = createAddresses(PROGRAM);
  const config = account('config', at(1), {
    sampleSecs: 300,
    hoursPerWeek: 2,
    monthSlots: 8_640,
    feePerGb: 200n,
    guardShareBps: 2_500,
    lastEpoch: 1n,
  });
  const blobs = new Map<string, Uint8Array>();
  const publish = (kind: string, root: Uint8Array, blob: Uint8Array): void =>
    void blobs.set(`${kind}/${toHex(root)}`, blob);

  const reports = new Map<Address, Found<'report'>>();
  function reportOf(edge: Address, entries: readonly Entry[]): Found<'report'> {
    const { report, blob } = buildReport(0n, entries, sha256);
    publish('entries', report.root, blob);
    const found = account('report', at(edge === EDGE ? 41 : 42), {
      edge,
      hour: 0n,
      bytes: report.bytes,
      root: report.root,
      entryCount: report.entryCount,
      status: REPORT_STATUS.confirmed,
    });
    reports.set(edge, found);
    return found;
  }
  reportOf(EDGE, entriesOf(3n * GIGA));
  reportOf(OTHER_EDGE, entriesOf(GIGA));

  const computed: Hour = creditHour(
    {
      reports: [EDGE, OTHER_EDGE].map((edge) => ({
        edge,
        entries:
          decodeEntries(
            blobs.get(`entries/${toHex(reports.get(edge)?.root ?? new Uint8Array())}`) ?? new Uint8Array(),
          ) ?? [],
      })),
      boundOf: () => 10n * GIGA,
      previousOf: () => 0n,
    },
    sha256,
  );
  publish('hours', computed.root, computed.blob);
  const shares = shareWeek(
    {
      kept: 800n,
      guardShareBps: 2_500,
      hours: [{ edges: computed.edges, guards: [7] }],
      ownerOfEdge: (edge) => (edge === EDGE ? EDGE_OWNER : OTHER_OWNER),
      ownerOfGuard: () => GUARD_OWNER,
      before: new Map(),
    },
    sha256,
  );
  publish('epochs', shares.root, shares.blob);

  const blankHour = account('hour', at(51), {});
  const world = {
    hour: account('hour', at(51), {
      hour: 0n,
      status: HOUR_STATUS.final,
      root: computed.root,
      reports: 2,
      decided: 2,
      confirmed: 2,
      confirmedBytes: 4n * GIGA,
      voteCount: 1,
      votes: blankHour.votes.map((vote, i) => (i === 0 ? { ...vote, no: 7, root: computed.root } : vote)),
    }),
    epoch: account('epoch', at(52), {
      week: 0n,
      status: EPOCH_STATUS.closed,
      kept: 800n,
      fees: 800n,
      rewards: shares.rewards,
      root: shares.root,
    }),
    resource: account('resource', RESOURCE, {
      status: RESOURCE_STATUS.active,
      unattestedBound: 10n * GIGA,
      lastHour: 1n,
      ring: RING,
    }),
    ring: account('ring', RING, { tail: new Uint32Array(8_640) }),
  };
  // 4 GB in 300 s are 106,666 kbit/s.
  world.ring.tail[0] = 106_666;

  const history: SentTransaction[] = [];
  const instructions = createInstructions(PROGRAM, addresses);
  const sent = (signature: string): SentTransaction | undefined => history[Number(signature)];
  const rpc = {
    getSignaturesForAddress: (wanted: Address) => ({
      send: async () =>
        history
          .map(({ instructions: list, failed }, i) => ({
            signature: String(i),
            err: failed ? 'failed' : null,
            names: list.some((each) => each.accounts.some((meta) => meta.address === wanted)),
          }))
          .filter(({ names }) => names)
          .toReversed(),
    }),
    getTransaction: (signature: string) => ({
      async send() {
        const list = sent(signature)?.instructions ?? [];
        const keys = [
          ...new Set(
            list.flatMap((each) => [each.programAddress, ...each.accounts.map((meta) => meta.address)]),
          ),
        ];
        return {
          transaction: {
            message: {
              accountKeys: keys,
              instructions: list.map((each) => ({
                programIdIndex: keys.indexOf(each.programAddress),
                accounts: each.accounts.map((meta) => keys.indexOf(meta.address)),
                data: getBase58Decoder().decode(each.data),
              })),
            },
          },
        };
      },
    }),
  };
  const reads = {
    programId: PROGRAM,
    commitment: 'confirmed',
    addresses,
    rpc,
    config: async () => config,
    hour: async (hour: bigint) => (hour === 0n ? world.hour : null),
    epoch: async (week: bigint) => (week === 0n ? world.epoch : null),
    edges: async () => [
      account('edge', EDGE, { owner: EDGE_OWNER }),
      account('edge', OTHER_EDGE, { owner: OTHER_OWNER }),
    ],
    guards: async () => [account('guard', at(61), { no: 7, owner: GUARD_OWNER, operator: at(62) })],
    guardSet: async () => account('guardSet', at(63), { count: 1 }),
    accounts: async (_: string, wanted: readonly Address[]) =>
      wanted.map((each) => (each === RESOURCE ? world.resource : null)),
    report: async (edge: Address) => reports.get(edge) ?? null,
    ring: async () => world.ring,
  };
  const found: Blobs = {
    async find(kind, root, accept) {
      const blob = blobs.get(`${kind}/${toHex(root)}`);
      return blob === undefined ? undefined : accept(blob);
    },
  };
  return {
    // An audit calls nothing else of the client.
    deps: { client: reads as unknown as MediaClient, blobs: found, sha256 },
    reports,
    blobs,
    get hour() {
      return world.hour;
    },
    get epoch() {
      return world.epoch;
    },
    get resource() {
      return world.resource;
    },
    ring: world.ring,
    history,
    instructions,
    set(change) {
      world.hour = { ...world.hour, ...change.hour };
      world.epoch = { ...world.epoch, ...change.epoch };
      world.resource = { ...world.resource, ...change.resource };
    },
    publish,
    reportOf,
  };
}
