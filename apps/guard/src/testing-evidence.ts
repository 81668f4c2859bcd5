import http from 'node:http';
import type { Found } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import {
  U64_MAX,
  addressOf,
  buildCommit,
  buildReport,
  createSessionKey,
  encodeCommit,
  encodeReceiptList,
  minOf,
  receiptListRoot,
  signCommit,
  signReceipt,
  signToken,
  sumSlots,
  toHex,
} from '@media-network/protocol';
import type { Commit, Entry, SessionProof } from '@media-network/protocol';
import { address } from '@solana/kit';
import { sha256 } from './evidence/blob-roots.ts';
import { addressAt, blankAccount } from './testing-accounts.ts';

type Key = Awaited<ReturnType<typeof createSessionKey>>;

/** One resource's traffic at a test edge: so many bytes in each slot. */
export interface Traffic {
  readonly resource: string;
  readonly perSlot: bigint;
  readonly sessions?: readonly SessionProof[];
}

/** An edge for tests: an account, a report of one hour, and a control plane over real sockets that may misbehave. */
export interface TestEdge {
  readonly account: Found<'edge'>;
  readonly report: Found<'report'>;
  readonly entries: Uint8Array;
  readonly entryList: readonly Entry[];
  readonly commits: readonly Commit[];
  /** Behind the last of them. */
  readonly counters: Uint8Array;
  readonly key: Key;
  /** Targets that were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

export interface TestEdgeOptions {
  /** Byte of its address; its report's is this + 100. */
  readonly at: number;
  readonly index: number;
  readonly hour: bigint;
  readonly traffic: readonly Traffic[];
  /** Answers instead of the honest edge; false lets that answer. */
  readonly misbehave?: (request: http.IncomingMessage, response: http.ServerResponse) => boolean;
  /** What the report on chain says otherwise than its entries. */
  readonly report?: Partial<Found<'report'>>;
  /** Slots in which it committed, 12 for the end of the hour; its counters rise evenly over the hour. */
  readonly commitSlots?: readonly number[];
  readonly host?: string;
}

export async function listenAt(
  handler: http.RequestListener,
  host = '127.0.0.1',
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  const at = server.address();
  return {
    url: `http://${host}:${typeof at === 'object' && at !== null ? at.port : 0}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function startTestEdge(options: TestEdgeOptions): Promise<TestEdge> {
  const { hour } = options;
  const key = await createSessionKey();
  const edge = addressAt(options.at);
  const lists = new Map<string, Uint8Array>();
  const entries = options.traffic.map(({ resource, perSlot, sessions = [] }): Entry => {
    const list = encodeReceiptList(sessions);
    const receiptsRoot = receiptListRoot(list, sha256) ?? new Uint8Array(32);
    if (sessions.length > 0) lists.set(`/v1/receipts/${toHex(receiptsRoot)}`, list);
    const slots = Array.from({ length: 12 }, () => perSlot);
    return {
      resource,
      slots,
      asked: sumSlots(slots),
      receiptsRoot,
      digestRoot: new Uint8Array(32),
      sessions: sessions.length,
      digests: 0,
    };
  });
  const built = buildReport(hour, entries, sha256);
  lists.set(`/v1/entries/${toHex(built.report.root)}`, built.blob);
  const commits: Commit[] = [];
  let last: Uint8Array = new Uint8Array(0);
  for (const slot of options.commitSlots ?? [2, 9, 12]) {
    const counters = options.traffic.map(({ resource, perSlot }) => ({
      resource,
      bytes: minOf(U64_MAX, 1_000n + perSlot * BigInt(slot)),
    }));
    const at = { edge, boot: 1, hour: hour + BigInt(Math.floor(slot / 12)), slot: slot % 12, unixMs: 0n };
    const { body, blob } = buildCommit(at, counters, sha256);
    lists.set(`/v1/counters/${toHex(body.root)}`, blob);
    last = blob;
    commits.push(await signCommit(body, key.sign));
  }
  for (const of of [hour, hour + 1n])
    lists.set(
      `/v1/commits?hour=${of}`,
      Buffer.concat(commits.filter((each) => each.hour === of).map(encodeCommit)),
    );

  const asked: string[] = [];
  const server = await listenAt((request, response) => {
    asked.push(request.url ?? '');
    if (options.misbehave?.(request, response) === true) return;
    const blob = lists.get(request.url ?? '');
    response.writeHead(blob === undefined ? 404 : 200).end(blob ?? 'none');
  }, options.host);
  const operator = address(addressOf(key.publicKey));
  return {
    account: blankAccount('edge', edge, {
      status: NODE_STATUS.active,
      operator,
      previousOperator: operator,
      owner: addressAt(options.at),
      control: server.url,
      endpoint: server.url,
    }),
    report: blankAccount('report', addressAt(options.at + 100), {
      edge,
      hour,
      bytes: built.report.bytes,
      root: built.report.root,
      entryCount: built.report.entryCount,
      index: options.index,
      worth: 1_000_000_000_000n,
      ...options.report,
    }),
    entries: built.blob,
    entryList: entries,
    commits,
    counters: last,
    key,
    asked,
    close: () => server.close(),
  };
}

/** A session that a client of the publisher signed for at an edge. */
export async function vouchedSession(
  by: Key,
  at: { readonly edge: string; readonly resource: string; readonly hour: bigint; readonly id: number },
  bytes: bigint,
): Promise<SessionProof> {
  const client = await createSessionKey();
  const session = new Uint8Array(16).fill(at.id);
  const token = await signToken(
    {
      session,
      resource: at.resource,
      clientKey: client.publicKey,
      hour: at.hour,
      ceiling: 2n ** 40n,
      creditWindow: 1_000_000,
    },
    by.sign,
  );
  const receipt = await signReceipt(
    { session, edge: at.edge, resource: at.resource, bytes, sequence: 1n },
    client.sign,
  );
  return { token, receipt };
}
