import { addressBytes, addressOf } from './address.ts';
import { concatBytes, equalBytes, recordReader, recordWriter } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

export const RECEIPT_BYTES = 184;
const BODY_BYTES = 120;

export interface ReceiptBody {
  readonly session: Uint8Array;
  /** Account of the edge. */
  readonly edge: string;
  readonly resource: string;
  /** Received in this session from this edge so far: status lines, headers and bodies. */
  readonly bytes: bigint;
  /** Rises with every receipt of the session. */
  readonly sequence: bigint;
}

export interface Receipt extends ReceiptBody {
  readonly signature: Uint8Array;
}

function encodeBody(receipt: ReceiptBody): Uint8Array {
  return recordWriter(BODY_BYTES)
    .u8(1)
    .zeros(7)
    .bytes(receipt.session, 16)
    .bytes(addressBytes(receipt.edge), 32)
    .bytes(addressBytes(receipt.resource), 32)
    .u64(receipt.bytes)
    .u64(receipt.sequence)
    .zeros(16)
    .done();
}

export async function signReceipt(body: ReceiptBody, sign: SignBytes): Promise<Receipt> {
  return { ...body, signature: await sign(signedMessage('receipt v1', encodeBody(body))) };
}

export function encodeReceipt(receipt: Receipt): Uint8Array {
  return concatBytes([encodeBody(receipt), receipt.signature]);
}

/** Undefined when length, version or padding is off. Does not verify. */
export function decodeReceipt(data: Uint8Array): Receipt | undefined {
  if (data.length !== RECEIPT_BYTES) return undefined;
  const read = recordReader(data);
  if (read.u8() !== 1 || !read.zeros(7)) return undefined;
  const body = {
    session: read.bytes(16),
    edge: addressOf(read.bytes(32)),
    resource: addressOf(read.bytes(32)),
    bytes: read.u64(),
    sequence: read.u64(),
  };
  if (!read.zeros(16)) return undefined;
  return { ...body, signature: read.bytes(64) };
}

/** One or more receipts end to end, as posted to an edge. */
export function decodeReceipts(data: Uint8Array): readonly Receipt[] | undefined {
  if (data.length === 0 || data.length % RECEIPT_BYTES !== 0) return undefined;
  const receipts: Receipt[] = [];
  for (let at = 0; at < data.length; at += RECEIPT_BYTES) {
    const receipt = decodeReceipt(data.subarray(at, at + RECEIPT_BYTES));
    if (receipt === undefined) return undefined;
    receipts.push(receipt);
  }
  return receipts;
}

export function verifyReceiptSignature(receipt: Receipt, clientKey: Uint8Array): Promise<boolean> {
  return verifySignature(clientKey, receipt.signature, signedMessage('receipt v1', encodeBody(receipt)));
}

/** What an edge knows of a session. */
export interface SessionState {
  readonly session: Uint8Array;
  readonly edge: string;
  readonly resource: string;
  readonly clientKey: Uint8Array;
  readonly served: bigint;
  /** Of the last receipt taken; zero before the first. */
  readonly signed: bigint;
  /** Of the last receipt taken; undefined before the first. */
  readonly sequence: bigint | undefined;
}

export type ReceiptRefusal =
  | 'receipt/unknown-session'
  | 'receipt/wrong-subject'
  | 'receipt/bad-signature'
  | 'receipt/replayed'
  | 'receipt/decreasing'
  | 'receipt/over-limit';

/** Whether an edge takes a receipt, and the code with which it refuses. */
export async function checkReceipt(
  receipt: Receipt,
  state: SessionState | undefined,
): Promise<{ readonly kind: 'ok' } | { readonly kind: 'refused'; readonly code: ReceiptRefusal }> {
  const refused = (code: ReceiptRefusal): { readonly kind: 'refused'; readonly code: ReceiptRefusal } => ({
    kind: 'refused',
    code,
  });
  if (state === undefined || !equalBytes(state.session, receipt.session))
    return refused('receipt/unknown-session');
  if (receipt.edge !== state.edge || receipt.resource !== state.resource)
    return refused('receipt/wrong-subject');
  if (!(await verifyReceiptSignature(receipt, state.clientKey))) return refused('receipt/bad-signature');
  if (state.sequence !== undefined && receipt.sequence <= state.sequence) return refused('receipt/replayed');
  if (receipt.bytes < state.signed) return refused('receipt/decreasing');
  if (receipt.bytes > state.served) return refused('receipt/over-limit');
  return { kind: 'ok' };
}
