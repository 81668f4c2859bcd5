import { createHash } from 'node:crypto';
import { accountSize, createAddresses, createInstructions, decodeAccount } from '@media-network/chain';
import type { Found, MediaClient, MediaInstruction } from '@media-network/chain';
import {
  ACCOUNTS,
  ACCOUNT_VERSION,
  EPOCH_STATUS,
  HOUR_STATUS,
  OPEN_SPAN,
  RESOURCE_STATUS,
  SAMPLE_RING,
  VERDICT_STATUS,
} from '@media-network/chain/schema';
import type { AccountName } from '@media-network/chain/schema';
import {
  EMPTY_ROOT,
  addressOf,
  buildReport,
  createSessionKey,
  creditHour,
  decodeEntries,
  decodeVerdict,
  encodeReceiptList,
  encodeVerdict,
  holdingOf,
  holdingPiece,
  receiptListRoot,
  shareWeek,
  signReceipt,
  signToken,
  toHex,
} from '@media-network/protocol';
import type { Commit, Dispute, Entry, Hour, Level, Sha256, VouchedSession } from '@media-network/protocol';
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
export const GUARD: Address = at(61);
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

/** Entries of a report over one resource: `bytes` in the first slot, nothing signed for, all asked for. */
export function entriesOf(bytes: bigint, change: Partial<Entry> = {}): readonly Entry[] {
  return [
    {
      resource: RESOURCE,
      slots: Array.from({ length: 12 }, (_, i) => (i === 0 ? bytes : 0n)),
      asked: bytes,
      receiptsRoot: EMPTY_ROOT,
      digestRoot: EMPTY_ROOT,
      sessions: 0,
      digests: 0,
      ...change,
    },
  ];
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
  readonly commits: Commit[];
  readonly hour: Found<'hour'>;
  readonly epoch: Found<'epoch'>;
  readonly resource: Found<'resource'>;
  readonly verdict: Found<'verdict'>;
  readonly guardSet: Found<'guardSet'>;
  readonly ring: Found<'ring'>;
  /** Final hours before, by number. */
  readonly before: Map<bigint, Found<'hour'>>;
  /** The chain's history, oldest first. */
  readonly history: SentTransaction[];
  readonly instructions: MediaClient['instructions'];
  /** Puts other accounts in the place of the honest ones. */
  set(change: {
    readonly hour?: Partial<Found<'hour'>>;
    readonly epoch?: Partial<Found<'epoch'>>;
    readonly resource?: Partial<Found<'resource'>>;
    readonly guardSet?: Partial<Found<'guardSet'>>;
  }): void;
  publish(kind: string, root: Uint8Array, blob: Uint8Array): void;
  reportOf(edge: Address, entries: readonly Entry[]): Found<'report'>;
  /** The only guard's reveal; holding is that of what it judged good. */
  reveal(levels: readonly Level[], disputes?: readonly Dispute[], change?: Partial<Found<'verdict'>>): void;
  /** Makes the hour final with what follows from it, and the week with what follows from that. */
  settle(): void;
}

/** The hour of the world, in week 0 of two hours; hour 0 had nothing. */
export const HOUR = 1n;

/**
 * One honest hour and week: two edges with 3 GB, of which a session signed for 2, and 1 GB of a resource with an
 * allowance of 10 GB; one guard that judged both; 800 kept.
 */
export async function honestWorld(): Promise<World> {
  const addresses = createAddresses(PROGRAM);
  const config = account('config', at(1), {
    sampleSecs: 300,
    reportSlots: 6,
    commitSlots: 9,
    verdictSlots: 12,
    finalHours: 24,
    lateHours: 336,
    hoursPerWeek: 2,
    monthSlots: 8_640,
  });
  const terms = { feePerGb: 200n, dustBytes: 1_048_576n, guardShareBps: 2_500, openYieldBps: 10_000 };
  const blobs = new Map<string, Uint8Array>();
  const publish = (kind: string, root: Uint8Array, blob: Uint8Array): void =>
    void blobs.set(`${kind}/${toHex(root)}`, blob);

  const [voucher, client] = [await createSessionKey(), await createSessionKey()];
  const session = new Uint8Array(16).fill(4);
  const token = await signToken(
    {
      session,
      resource: RESOURCE,
      clientKey: client.publicKey,
      hour: HOUR,
      ceiling: 10n * GIGA,
      creditWindow: 1,
    },
    voucher.sign,
  );
  const receipt = await signReceipt(
    { session, edge: EDGE, resource: RESOURCE, bytes: 2n * GIGA, sequence: 1n },
    client.sign,
  );
  const list = encodeReceiptList([{ token, receipt }]);
  const receiptsRoot = receiptListRoot(list, sha256) ?? EMPTY_ROOT;
  publish('receipts', receiptsRoot, list);

  const reports = new Map<Address, Found<'report'>>();
  function reportOf(edge: Address, entries: readonly Entry[]): Found<'report'> {
    const { report, blob } = buildReport(HOUR, entries, sha256);
    publish('entries', report.root, blob);
    const found = account('report', at(edge === EDGE ? 41 : 42), {
      edge,
      hour: HOUR,
      bytes: report.bytes,
      root: report.root,
      entryCount: report.entryCount,
      index: edge === EDGE ? 0 : 1,
      worth: 1_000_000n * GIGA,
    });
    reports.set(edge, found);
    return found;
  }
  const entriesBlob = (edge: Address): Uint8Array =>
    blobs.get(`entries/${toHex(reports.get(edge)?.root ?? EMPTY_ROOT)}`) ?? new Uint8Array();
  reportOf(EDGE, entriesOf(3n * GIGA, { receiptsRoot, sessions: 1 }));
  reportOf(OTHER_EDGE, entriesOf(GIGA));

  const world = {
    hour: account('hour', at(51), {
      hour: HOUR,
      reports: 2,
      commits: 1,
      reveals: 1,
      setCount: 1,
      reportedBytes: 4n * GIGA,
      ...terms,
    }),
    epoch: account('epoch', at(52), { week: 0n, kept: 800n, fees: 800n }),
    resource: account('resource', RESOURCE, {
      status: RESOURCE_STATUS.active,
      termsCount: 1,
      terms: [{ from: 0n, allowance: 10n * GIGA, vouchKey: voucher.publicKey }],
      spans: [{ from: 0n, until: OPEN_SPAN }],
      weeks: [{ week: 1n, due: 0n, kept: 800n }],
      lastHour: HOUR + 1n,
      recorded: Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 2 : 0)),
      ring: RING,
    }),
    guardSet: account('guardSet', at(63), { week: 0n, count: 1, minGuards: 1, ...terms }),
    verdict: account('verdict', at(64), {}),
    ring: account('ring', RING, { head: 24n, tail: new Uint32Array(SAMPLE_RING) }),
  };
  // 4 GB in 300 s are 106,666 kbit/s.
  world.ring.tail[12] = 106_666;
  const before = new Map<bigint, Found<'hour'>>();

  function reveal(
    levels: readonly Level[],
    disputes: readonly Dispute[] = [],
    change: Partial<Found<'verdict'>> = {},
  ): void {
    const payload = encodeVerdict({ levels, disputes });
    const pieces = [EDGE, OTHER_EDGE]
      .filter((_, i) => levels[i] === 1 || levels[i] === 2)
      .map((edge) => holdingPiece(GUARD, entriesBlob(edge), sha256));
    world.verdict = account('verdict', at(64), {
      hour: HOUR,
      guard: GUARD,
      no: 7,
      status: VERDICT_STATUS.revealed,
      length: payload.length,
      holding: holdingOf(GUARD, pieces, sha256),
      tail: payload,
      ...change,
    });
  }

  /** What an honest guard computes of these accounts, put together here without the code under test. */
  function compute(): Hour {
    const { levels, disputes } = decodeVerdict(world.verdict.tail) ?? { levels: [], disputes: [] };
    const vouched: VouchedSession = { session: 's', bytes: 2n * GIGA, ceiling: 10n * GIGA };
    return creditHour(
      {
        hourSecs: 3_600n,
        terms: world.hour,
        reports: [...reports.values()].map((report) => ({
          index: report.index,
          edge: report.edge,
          worth: report.worth,
          bytes: report.bytes,
          entryCount: report.entryCount,
          entries: decodeEntries(entriesBlob(report.edge)),
          sessionsOf: () => (report.edge === EDGE ? [vouched] : []),
        })),
        reveals: [{ no: 7, levels, disputes, holdingRight: true, prevRight: true }],
        setCount: 1,
        resourceOf: () => ({ active: true, allowance: 10n * GIGA }),
        base: undefined,
      },
      sha256,
    );
  }

  function settle(): void {
    const hour = compute();
    publish('hours', hour.root, hour.blob);
    world.hour = {
      ...world.hour,
      status: HOUR_STATUS.final,
      root: hour.root,
      leaves: hour.leaves,
      finalAt: 100_000n,
    };
    const shares = shareWeek(
      {
        hours: [hour],
        keptOf: () => 800n,
        guardShareBps: terms.guardShareBps,
        ownerOfEdge: (edge) => (edge === EDGE ? EDGE_OWNER : OTHER_OWNER),
        ownerOfGuard: () => GUARD_OWNER,
      },
      sha256,
    );
    publish('weeks', shares.root, shares.blob);
    world.epoch = {
      ...world.epoch,
      status: EPOCH_STATUS.decided,
      rewards: shares.rewards,
      root: shares.root,
    };
  }
  reveal([1, 1]);
  settle();

  const history: SentTransaction[] = [];
  const commits: Commit[] = [];
  const nodes = {
    edges: [
      account('edge', EDGE, { owner: EDGE_OWNER, operator: at(65), previousOperator: at(65) }),
      account('edge', OTHER_EDGE, { owner: OTHER_OWNER }),
    ],
    guards: [account('guard', GUARD, { no: 7, owner: GUARD_OWNER, operator: at(62) })],
  };
  const reads = {
    programId: PROGRAM,
    commitment: 'confirmed',
    addresses,
    rpc: historyRpc(history),
    config: async () => config,
    hour: async (hour: bigint) => (hour === HOUR ? world.hour : (before.get(hour) ?? null)),
    epoch: async (week: bigint) => (week === 0n ? world.epoch : null),
    edges: async () => nodes.edges,
    guards: async () => nodes.guards,
    guardSet: async (week: bigint) => (week === 0n ? world.guardSet : null),
    resources: async () => [world.resource],
    report: async (edge: Address) => reports.get(edge) ?? null,
    reports: async () => [...reports.values()].sort((a, b) => a.index - b.index),
    verdicts: async () => (world.verdict.no === 0 ? [] : [world.verdict]),
    ring: async () => world.ring,
    async accounts(kind: string, wanted: readonly Address[]) {
      if (kind === 'edge')
        return wanted.map((each) => nodes.edges.find((edge) => edge.address === each) ?? null);
      if (kind === 'resource') return wanted.map((each) => (each === RESOURCE ? world.resource : null));
      const hours = new Map<Address, Found<'hour'>>();
      for (const hour of [world.hour, ...before.values()]) hours.set(await addresses.hour(hour.hour), hour);
      return wanted.map((each) => hours.get(each) ?? null);
    },
  };
  const found: Blobs = {
    async find(kind, root, accept, exactBytes) {
      const blob = blobs.get(`${kind}/${toHex(root)}`);
      if (blob === undefined || (exactBytes !== undefined && blob.length !== exactBytes)) return undefined;
      return accept(blob);
    },
    commits: async (edge, hour) => commits.filter((each) => each.edge === edge && each.hour === hour),
  };
  return {
    // An audit calls nothing else of the client.
    deps: { client: reads as unknown as MediaClient, blobs: found, sha256 },
    reports,
    blobs,
    commits,
    before,
    get hour() {
      return world.hour;
    },
    get epoch() {
      return world.epoch;
    },
    get resource() {
      return world.resource;
    },
    get verdict() {
      return world.verdict;
    },
    get guardSet() {
      return world.guardSet;
    },
    ring: world.ring,
    history,
    instructions: createInstructions(PROGRAM, addresses),
    set(change) {
      world.hour = { ...world.hour, ...change.hour };
      world.epoch = { ...world.epoch, ...change.epoch };
      world.resource = { ...world.resource, ...change.resource };
      world.guardSet = { ...world.guardSet, ...change.guardSet };
    },
    publish,
    reportOf,
    reveal,
    settle,
  };
}

/** The two calls that read a node's history. */
function historyRpc(history: readonly SentTransaction[]): object {
  return {
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
        const list = history[Number(signature)]?.instructions ?? [];
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
}
