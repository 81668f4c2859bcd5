import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter, utf8, utf8Text } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** An edge asks a guard to answer a CA with a TXT record, or to end doing so (RFC 8555 §8.4). */
export interface TxtRequestBody {
  /** Account of the edge. */
  readonly edge: string;
  readonly what: 'publish' | 'withdraw';
  readonly unixSecs: bigint;
  /** Such as `_acme-challenge.<label>.<zone>`. */
  readonly name: string;
  readonly value: string;
}
export interface TxtRequest extends TxtRequestBody {
  readonly signature: Uint8Array;
}

const HEAD_BYTES = 43;
const SIGNATURE_BYTES = 64;
const MAX_TEXT_BYTES = 255;
export const MAX_TXT_REQUEST_BYTES: number = HEAD_BYTES + 2 * MAX_TEXT_BYTES + SIGNATURE_BYTES;

function body(request: TxtRequestBody): Uint8Array {
  const [name, value] = [utf8(request.name), utf8(request.value)];
  if (name.length > MAX_TEXT_BYTES || value.length > MAX_TEXT_BYTES)
    throw new RangeError('a name or a value has 255 bytes at most');
  const head = recordWriter(HEAD_BYTES)
    .bytes(addressBytes(request.edge), 32)
    .u8(request.what === 'publish' ? 1 : 0)
    .u64(request.unixSecs)
    .u8(name.length)
    .u8(value.length)
    .done();
  return concatBytes([head, name, value]);
}

export async function signTxtRequest(request: TxtRequestBody, sign: SignBytes): Promise<TxtRequest> {
  return { ...request, signature: await sign(signedMessage('txt request v1', body(request))) };
}

export function encodeTxtRequest(request: TxtRequest): Uint8Array {
  return concatBytes([body(request), request.signature]);
}

/** Undefined unless it is a request to the last byte. */
export function decodeTxtRequest(data: Uint8Array): TxtRequest | undefined {
  if (data.length < HEAD_BYTES + SIGNATURE_BYTES || data.length > MAX_TXT_REQUEST_BYTES) return undefined;
  const read = recordReader(data);
  const edge = addressOf(read.bytes(32));
  const what = read.u8();
  const unixSecs = read.u64();
  const [nameLength, valueLength] = [read.u8(), read.u8()];
  if (what > 1 || read.left() !== nameLength + valueLength + SIGNATURE_BYTES) return undefined;
  const [name, value] = [utf8Text(read.bytes(nameLength)), utf8Text(read.bytes(valueLength))];
  if (name === undefined || value === undefined) return undefined;
  return {
    edge,
    what: what === 1 ? 'publish' : 'withdraw',
    unixSecs,
    name,
    value,
    signature: read.bytes(SIGNATURE_BYTES),
  };
}

export function verifyTxtRequestSignature(request: TxtRequest, operator: string): Promise<boolean> {
  return verifySignature(operator, request.signature, signedMessage('txt request v1', body(request)));
}
