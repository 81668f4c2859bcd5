import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** Which edges a guard that answers for names gets no answer from: what guards tell each other, so that none decides alone. */
export interface EdgeViewBody {
  /** Account of the guard. */
  readonly guard: string;
  /** By the chain's clock. */
  readonly unixMs: bigint;
  /** The key that it signs the zone with, 64 bytes (RFC 6605); zeros where it does not sign. */
  readonly zoneKey: Uint8Array;
  /** Accounts of edges, in ascending order of their bytes. */
  readonly down: readonly string[];
}
export interface EdgeView extends EdgeViewBody {
  readonly signature: Uint8Array;
}

const ZONE_KEY_BYTES = 64;
const HEAD_BYTES: number = 32 + 8 + ZONE_KEY_BYTES + 4;
const SIGNATURE_BYTES = 64;
/** More edges than a network has. */
const MAX_DOWN = 10_000;
/** Longest view. */
export const MAX_EDGE_VIEW_BYTES: number = HEAD_BYTES + 32 * MAX_DOWN + SIGNATURE_BYTES;

function body(view: EdgeViewBody): Uint8Array {
  const head = recordWriter(HEAD_BYTES)
    .bytes(addressBytes(view.guard), 32)
    .u64(view.unixMs)
    .bytes(view.zoneKey, ZONE_KEY_BYTES)
    .u32(view.down.length)
    .done();
  return concatBytes([head, ...view.down.map((edge) => addressBytes(edge))]);
}

/** What is signed of a view. */
export function edgeViewMessage(view: EdgeViewBody): Uint8Array {
  return signedMessage('edge view v1', body(view));
}

/** Signs; edges beyond what a view holds are left out of it. */
export async function signEdgeView(view: EdgeViewBody, sign: SignBytes): Promise<EdgeView> {
  const bounded = { ...view, down: view.down.slice(0, MAX_DOWN) };
  return { ...bounded, signature: await sign(edgeViewMessage(bounded)) };
}

export function encodeEdgeView(view: EdgeView): Uint8Array {
  return concatBytes([body(view), view.signature]);
}

/** Undefined unless it is a view to the last byte. */
export function decodeEdgeView(data: Uint8Array): EdgeView | undefined {
  if (data.length < HEAD_BYTES + SIGNATURE_BYTES || data.length > MAX_EDGE_VIEW_BYTES) return undefined;
  const read = recordReader(data);
  const guard = addressOf(read.bytes(32));
  const unixMs = read.u64();
  const zoneKey = read.bytes(ZONE_KEY_BYTES);
  const count = read.u32();
  if (read.left() !== count * 32 + SIGNATURE_BYTES) return undefined;
  const down = Array.from({ length: count }, () => addressOf(read.bytes(32)));
  return { guard, unixMs, zoneKey, down, signature: read.bytes(SIGNATURE_BYTES) };
}

export function verifyEdgeViewSignature(view: EdgeView, operator: string): Promise<boolean> {
  return verifySignature(operator, view.signature, signedMessage('edge view v1', body(view)));
}
