import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import { MAX_PURGE_BYTES, PURGE_FRAME_BYTES } from './purge.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** A node of the network asks a guard what publishers have purged: paths and tags are a site's own affair. */
export interface PurgeListRequestBody {
  /** Account of the edge or guard that asks. */
  readonly asker: string;
  /** Undefined for those of all resources. */
  readonly resource: string | undefined;
  /** The guard's list that `after` counts in, 16 bytes; zeros where nothing is known of it. */
  readonly log: Uint8Array;
  /** Numbers up to this one are known. */
  readonly after: bigint;
  readonly unixSecs: bigint;
}
export interface PurgeListRequest extends PurgeListRequestBody {
  readonly signature: Uint8Array;
}

/** What a guard knows of it. */
export interface PurgeList {
  readonly log: Uint8Array;
  /** To be asked after next. */
  readonly next: bigint;
  /** Time of the newest purge that was asked for and is not told any more, Unix milliseconds; 0 where none is missing. */
  readonly missingMs: bigint;
  /** Whole, as their publishers signed them. */
  readonly purges: readonly Uint8Array[];
}

export const PURGE_LIST_REQUEST_BYTES = 160;
/** Longest answer; what is left is asked for next. */
export const MAX_PURGE_LIST_BYTES = 1_048_576;
const LIST_HEAD_BYTES = 36;
const NOBODY = new Uint8Array(32);

function requestBody(request: PurgeListRequestBody): Uint8Array {
  return recordWriter(PURGE_LIST_REQUEST_BYTES - 64)
    .bytes(addressBytes(request.asker), 32)
    .bytes(request.resource === undefined ? NOBODY : addressBytes(request.resource), 32)
    .bytes(request.log, 16)
    .u64(request.after)
    .u64(request.unixSecs)
    .done();
}

export async function signPurgeListRequest(
  body: PurgeListRequestBody,
  sign: SignBytes,
): Promise<PurgeListRequest> {
  return { ...body, signature: await sign(signedMessage('purge list request v1', requestBody(body))) };
}

export function encodePurgeListRequest(request: PurgeListRequest): Uint8Array {
  return concatBytes([requestBody(request), request.signature]);
}

export function decodePurgeListRequest(data: Uint8Array): PurgeListRequest | undefined {
  if (data.length !== PURGE_LIST_REQUEST_BYTES) return undefined;
  const read = recordReader(data);
  const asker = addressOf(read.bytes(32));
  const resource = read.bytes(32);
  return {
    asker,
    resource: resource.every((byte) => byte === 0) ? undefined : addressOf(resource),
    log: read.bytes(16),
    after: read.u64(),
    unixSecs: read.u64(),
    signature: read.bytes(64),
  };
}

export function verifyPurgeListRequestSignature(
  request: PurgeListRequest,
  operator: string,
): Promise<boolean> {
  return verifySignature(
    operator,
    request.signature,
    signedMessage('purge list request v1', requestBody(request)),
  );
}

/** Bytes that a purge takes in a list. */
export function listedBytes(purge: Uint8Array): number {
  return 2 + purge.length;
}

export function encodePurgeList(list: PurgeList): Uint8Array {
  const head = recordWriter(LIST_HEAD_BYTES)
    .bytes(list.log, 16)
    .u64(list.next)
    .u64(list.missingMs)
    .u32(list.purges.length)
    .done();
  return concatBytes([
    head,
    ...list.purges.flatMap((purge) => [recordWriter(2).u16(purge.length).done(), purge]),
  ]);
}

/** Undefined unless it is a list to the last byte; what is in it is not looked at. */
export function decodePurgeList(data: Uint8Array): PurgeList | undefined {
  if (data.length < LIST_HEAD_BYTES || data.length > MAX_PURGE_LIST_BYTES) return undefined;
  const read = recordReader(data);
  const log = read.bytes(16);
  const next = read.u64();
  const missingMs = read.u64();
  const count = read.u32();
  const purges: Uint8Array[] = [];
  for (let i = 0; i < count; i += 1) {
    if (read.left() < 2) return undefined;
    const length = read.u16();
    if (length < PURGE_FRAME_BYTES || length > MAX_PURGE_BYTES || read.left() < length) return undefined;
    purges.push(read.bytes(length));
  }
  return read.left() === 0 ? { log, next, missingMs, purges } : undefined;
}
