import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** What an edge has served of a resource, counted as for its report. */
export interface ServedLately {
  readonly resource: string;
  /** Bytes in the sample before that of the request. */
  readonly before: bigint;
  /** Bytes in the sample of the request so far. */
  readonly soFar: bigint;
}

/** An edge says what it served lately and asks for its shares of a sample. */
export interface ShareRequestBody {
  /** Account of the edge. */
  readonly edge: string;
  /** The sample that shares are asked for: that of `unixSecs` or the next. */
  readonly sample: bigint;
  readonly unixSecs: bigint;
  readonly served: readonly ServedLately[];
}
export interface ShareRequest extends ShareRequestBody {
  /** By the edge's operator, 64 bytes. */
  readonly signature: Uint8Array;
}

/** What an edge may serve of a resource in the sample. */
export interface ResourceShare {
  readonly resource: string;
  readonly bytes: bigint;
}

/** A guard's answer. A resource that is asked for and not in it has no share by this guard now. */
export interface EdgeSharesBody {
  /** Account of the guard. */
  readonly guard: string;
  readonly edge: string;
  readonly sample: bigint;
  readonly shares: readonly ResourceShare[];
}
export interface EdgeShares extends EdgeSharesBody {
  /** By the guard's operator, 64 bytes. */
  readonly signature: Uint8Array;
}

/** Resources in one request; who serves more asks more often. */
export const MAX_SHARE_ROWS = 1_000;
const SIGNATURE_BYTES = 64;
const REQUEST_HEAD_BYTES = 52;
const SERVED_BYTES = 48;
const SHARES_HEAD_BYTES = 76;
const SHARE_BYTES = 40;
/** Longest request and longest answer. */
export const MAX_SHARE_REQUEST_BYTES: number =
  REQUEST_HEAD_BYTES + MAX_SHARE_ROWS * SERVED_BYTES + SIGNATURE_BYTES;
export const MAX_SHARES_BYTES: number = SHARES_HEAD_BYTES + MAX_SHARE_ROWS * SHARE_BYTES + SIGNATURE_BYTES;

function requestBody(request: ShareRequestBody): Uint8Array {
  const head = recordWriter(REQUEST_HEAD_BYTES)
    .bytes(addressBytes(request.edge), 32)
    .u64(request.sample)
    .u64(request.unixSecs)
    .u32(request.served.length)
    .done();
  const rows = request.served.map(({ resource, before, soFar }) =>
    recordWriter(SERVED_BYTES).bytes(addressBytes(resource), 32).u64(before).u64(soFar).done(),
  );
  return concatBytes([head, ...rows]);
}

/** Signs a request of at most `MAX_SHARE_ROWS` resources. */
export async function signShareRequest(body: ShareRequestBody, sign: SignBytes): Promise<ShareRequest> {
  return { ...body, signature: await sign(signedMessage('share request v1', requestBody(body))) };
}

export function encodeShareRequest(request: ShareRequest): Uint8Array {
  return concatBytes([requestBody(request), request.signature]);
}

/** Undefined unless it is a request to the last byte. */
export function decodeShareRequest(data: Uint8Array): ShareRequest | undefined {
  if (data.length < REQUEST_HEAD_BYTES + SIGNATURE_BYTES || data.length > MAX_SHARE_REQUEST_BYTES)
    return undefined;
  const read = recordReader(data);
  const edge = addressOf(read.bytes(32));
  const sample = read.u64();
  const unixSecs = read.u64();
  const count = read.u32();
  if (read.left() !== count * SERVED_BYTES + SIGNATURE_BYTES) return undefined;
  const served = Array.from({ length: count }, () => ({
    resource: addressOf(read.bytes(32)),
    before: read.u64(),
    soFar: read.u64(),
  }));
  return { edge, sample, unixSecs, served, signature: read.bytes(SIGNATURE_BYTES) };
}

export function verifyShareRequestSignature(request: ShareRequest, operator: string): Promise<boolean> {
  return verifySignature(
    operator,
    request.signature,
    signedMessage('share request v1', requestBody(request)),
  );
}

function sharesBody(answer: EdgeSharesBody): Uint8Array {
  const head = recordWriter(SHARES_HEAD_BYTES)
    .bytes(addressBytes(answer.guard), 32)
    .bytes(addressBytes(answer.edge), 32)
    .u64(answer.sample)
    .u32(answer.shares.length)
    .done();
  const rows = answer.shares.map(({ resource, bytes }) =>
    recordWriter(SHARE_BYTES).bytes(addressBytes(resource), 32).u64(bytes).done(),
  );
  return concatBytes([head, ...rows]);
}

export async function signEdgeShares(body: EdgeSharesBody, sign: SignBytes): Promise<EdgeShares> {
  return { ...body, signature: await sign(signedMessage('edge shares v1', sharesBody(body))) };
}

export function encodeEdgeShares(answer: EdgeShares): Uint8Array {
  return concatBytes([sharesBody(answer), answer.signature]);
}

/** Undefined unless it is an answer to the last byte. */
export function decodeEdgeShares(data: Uint8Array): EdgeShares | undefined {
  if (data.length < SHARES_HEAD_BYTES + SIGNATURE_BYTES || data.length > MAX_SHARES_BYTES) return undefined;
  const read = recordReader(data);
  const guard = addressOf(read.bytes(32));
  const edge = addressOf(read.bytes(32));
  const sample = read.u64();
  const count = read.u32();
  if (read.left() !== count * SHARE_BYTES + SIGNATURE_BYTES) return undefined;
  const shares = Array.from({ length: count }, () => ({
    resource: addressOf(read.bytes(32)),
    bytes: read.u64(),
  }));
  return { guard, edge, sample, shares, signature: read.bytes(SIGNATURE_BYTES) };
}

export function verifyEdgeSharesSignature(answer: EdgeShares, operator: string): Promise<boolean> {
  return verifySignature(operator, answer.signature, signedMessage('edge shares v1', sharesBody(answer)));
}
