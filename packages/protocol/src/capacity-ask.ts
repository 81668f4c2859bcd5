import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** Length of the windows that guards and edges measure in, milliseconds of the chain's clock. */
export const STEER_WINDOW_MS = 20_000;
/** The most that one guard pulls of an edge in one challenge, and for how long. */
export const CAPACITY_BYTES: number = 8 * 2 ** 20;
export const CAPACITY_MS = 3_000;
/** Windows from one challenge of an edge to the next: an hour. */
export const CAPACITY_EVERY_WINDOWS = 180;

/** A guard asks an edge to send as fast as it can, as other guards do in the same moment. */
export interface CapacityAskBody {
  /** Account of the edge. */
  readonly edge: string;
  /** Number of the guard. */
  readonly guardNo: number;
  /** Number of the window that it is measured in. */
  readonly window: bigint;
}
export interface CapacityAsk extends CapacityAskBody {
  readonly signature: Uint8Array;
}

const BODY_BYTES = 32 + 4 + 8;
const SIGNATURE_BYTES = 64;
export const CAPACITY_ASK_BYTES: number = BODY_BYTES + SIGNATURE_BYTES;

function body({ edge, guardNo, window }: CapacityAskBody): Uint8Array {
  return recordWriter(BODY_BYTES).bytes(addressBytes(edge), 32).u32(guardNo).u64(window).done();
}

const messageOf = (ask: CapacityAskBody): Uint8Array => signedMessage('capacity ask v1', body(ask));

/** The whole message, signed by the guard's operator. */
export async function encodeCapacityAsk(ask: CapacityAskBody, sign: SignBytes): Promise<Uint8Array> {
  return concatBytes([body(ask), await sign(messageOf(ask))]);
}

/** Undefined unless it has the one length that it can have. */
export function decodeCapacityAsk(data: Uint8Array): CapacityAsk | undefined {
  if (data.length !== CAPACITY_ASK_BYTES) return undefined;
  const read = recordReader(data);
  return {
    edge: addressOf(read.bytes(32)),
    guardNo: read.u32(),
    window: read.u64(),
    signature: read.bytes(SIGNATURE_BYTES),
  };
}

export function verifyCapacityAskSignature(ask: CapacityAsk, operator: string): Promise<boolean> {
  return verifySignature(operator, ask.signature, messageOf(ask));
}
