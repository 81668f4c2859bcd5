import { addressBytes, addressOf } from './address.ts';
import { compareBytes, concatBytes, equalBytes, recordReader, recordWriter } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { SLOTS, sortByAddress, splitRecords } from './entry.ts';
import { saturatingAdd } from './integer.ts';
import { LEAF_DOMAIN, leafHash, merkleRoot } from './merkle.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

export const COUNTER_BYTES = 40;
export const COMMIT_BYTES = 164;
export const COMMIT_REQUEST_BYTES = 104;

/** What an edge has written to sockets for a resource, since ever. */
export interface Counter {
  readonly resource: string;
  readonly bytes: bigint;
}

/** An edge's counters of all resources as of the beginning of a slot, under one signature. At most one a boot, hour and slot. */
export interface CommitBody {
  /** Account of the edge. */
  readonly edge: string;
  /** Rises with each start of the edge and outlives it. */
  readonly boot: number;
  readonly hour: bigint;
  /** 0…11 in its hour. */
  readonly slot: number;
  /** Σ counters. */
  readonly total: bigint;
  /** Counters behind the root. */
  readonly count: number;
  /** Unix milliseconds of the moment that the counters are of: when the slot began. */
  readonly unixMs: bigint;
  readonly root: Uint8Array;
}
export interface Commit extends CommitBody {
  /** By the edge's operator, 64 bytes. */
  readonly signature: Uint8Array;
}

/** A guard asks an edge for its counters. */
export interface CommitRequestBody {
  /** Account of the guard. */
  readonly guard: string;
  readonly unixSecs: bigint;
}
export interface CommitRequest extends CommitRequestBody {
  /** By the guard's operator, 64 bytes. */
  readonly signature: Uint8Array;
}

/** Counters end to end, sorted by resource. */
export function encodeCounters(counters: readonly Counter[]): Uint8Array {
  return concatBytes(
    sortByAddress(counters, (counter) => counter.resource).map((counter) =>
      recordWriter(COUNTER_BYTES).bytes(addressBytes(counter.resource), 32).u64(counter.bytes).done(),
    ),
  );
}

/** Undefined when the length is off or resources are not in rising order. */
export function decodeCounters(blob: Uint8Array): readonly Counter[] | undefined {
  const records = splitRecords(blob, COUNTER_BYTES);
  if (records === undefined) return undefined;
  const rising = records.every((record, i) => {
    const before = records[i - 1];
    return before === undefined || compareBytes(before.subarray(0, 32), record.subarray(0, 32)) < 0;
  });
  if (!rising) return undefined;
  return records.map((record) => {
    const read = recordReader(record);
    return { resource: addressOf(read.bytes(32)), bytes: read.u64() };
  });
}

/** Root over a blob of counters; undefined when its length is off. */
export function countersRoot(blob: Uint8Array, sha256: Sha256): Uint8Array | undefined {
  const records = splitRecords(blob, COUNTER_BYTES);
  if (records === undefined) return undefined;
  return merkleRoot(
    records.map((record) => leafHash(LEAF_DOMAIN.counter, record, sha256)),
    sha256,
  );
}

/** What an edge signs, and the blob behind it, out of counters in any order. */
export function buildCommit(
  at: Pick<CommitBody, 'edge' | 'boot' | 'hour' | 'slot' | 'unixMs'>,
  counters: readonly Counter[],
  sha256: Sha256,
): { readonly body: CommitBody; readonly blob: Uint8Array } {
  const blob = encodeCounters(counters);
  const root = countersRoot(blob, sha256);
  // encodeCounters makes whole records.
  if (root === undefined) throw new RangeError('counters of a wrong size');
  const total = counters.reduce((sum, { bytes }) => saturatingAdd(sum, bytes), 0n);
  return { body: { ...at, total, count: counters.length, root }, blob };
}

function commitBody(commit: CommitBody): Uint8Array {
  return recordWriter(COMMIT_BYTES - 64)
    .u8(1)
    .bytes(addressBytes(commit.edge), 32)
    .u32(commit.boot)
    .u64(commit.hour)
    .u8(commit.slot)
    .zeros(2)
    .u64(commit.total)
    .u32(commit.count)
    .u64(commit.unixMs)
    .bytes(commit.root, 32)
    .done();
}

/** What is signed of a commit. */
export function commitMessage(commit: CommitBody): Uint8Array {
  return signedMessage('counters v1', commitBody(commit));
}

export async function signCommit(body: CommitBody, sign: SignBytes): Promise<Commit> {
  return { ...body, signature: await sign(commitMessage(body)) };
}

export function encodeCommit(commit: Commit): Uint8Array {
  return concatBytes([commitBody(commit), commit.signature]);
}

/** Undefined when length, version, padding or slot is off. Does not verify. */
export function decodeCommit(data: Uint8Array): Commit | undefined {
  if (data.length !== COMMIT_BYTES) return undefined;
  const read = recordReader(data);
  if (read.u8() !== 1) return undefined;
  const edge = addressOf(read.bytes(32));
  const boot = read.u32();
  const hour = read.u64();
  const slot = read.u8();
  if (!read.zeros(2) || slot >= SLOTS) return undefined;
  return {
    edge,
    boot,
    hour,
    slot,
    total: read.u64(),
    count: read.u32(),
    unixMs: read.u64(),
    root: read.bytes(32),
    signature: read.bytes(64),
  };
}

/** One or more commits end to end; undefined when one is malformed. */
export function decodeCommits(data: Uint8Array): readonly Commit[] | undefined {
  const commits: Commit[] = [];
  for (const record of splitRecords(data, COMMIT_BYTES) ?? [new Uint8Array(0)]) {
    const commit = decodeCommit(record);
    if (commit === undefined) return undefined;
    commits.push(commit);
  }
  return commits;
}

export function verifyCommitSignature(commit: Commit, operator: string): Promise<boolean> {
  return verifySignature(operator, commit.signature, commitMessage(commit));
}

/** Orders an edge's commits by the moment that they are of, and those of one moment by its lives. */
export function compareCommits(a: CommitBody, b: CommitBody): number {
  if (a.hour !== b.hour) return a.hour < b.hour ? -1 : 1;
  return a.slot - b.slot || a.boot - b.boot;
}

/** Two different statements of one edge for one boot, hour and slot. Signatures are the caller's to verify. */
export function contradicts(a: CommitBody, b: CommitBody): boolean {
  return (
    a.edge === b.edge &&
    a.boot === b.boot &&
    a.hour === b.hour &&
    a.slot === b.slot &&
    !equalBytes(commitBody(a), commitBody(b))
  );
}

function commitRequestBody(request: CommitRequestBody): Uint8Array {
  return recordWriter(COMMIT_REQUEST_BYTES - 64)
    .bytes(addressBytes(request.guard), 32)
    .u64(request.unixSecs)
    .done();
}

export async function signCommitRequest(body: CommitRequestBody, sign: SignBytes): Promise<CommitRequest> {
  return { ...body, signature: await sign(signedMessage('commit request v1', commitRequestBody(body))) };
}

export function encodeCommitRequest(request: CommitRequest): Uint8Array {
  return concatBytes([commitRequestBody(request), request.signature]);
}

export function decodeCommitRequest(data: Uint8Array): CommitRequest | undefined {
  if (data.length !== COMMIT_REQUEST_BYTES) return undefined;
  const read = recordReader(data);
  return { guard: addressOf(read.bytes(32)), unixSecs: read.u64(), signature: read.bytes(64) };
}

export function verifyCommitRequestSignature(request: CommitRequest, operator: string): Promise<boolean> {
  return verifySignature(
    operator,
    request.signature,
    signedMessage('commit request v1', commitRequestBody(request)),
  );
}
