import { addressBytes, addressOf } from './address.ts';
import { concatBytes, equalBytes, recordReader, recordWriter } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';
import { TOKEN_BYTES, decodeToken, encodeToken, verifyTokenSignature } from './token.ts';
import type { Token } from './token.ts';

export const WITNESS_BYTES = 217;
/** A token with the statement, as posted to a guard. */
export const WITNESS_POST_BYTES: number = TOKEN_BYTES + WITNESS_BYTES;

/** A viewer with a publisher's token says what bytes it got. */
export interface WitnessBody {
  readonly session: Uint8Array;
  /** Account of the edge. */
  readonly edge: string;
  readonly resource: string;
  /** SHA-256 of the target. */
  readonly targetHash: Uint8Array;
  /** SHA-256 of the body. */
  readonly bodyHash: Uint8Array;
  readonly size: bigint;
}
export interface Witness extends WitnessBody {
  /** By the token's client key, 64 bytes. */
  readonly signature: Uint8Array;
}

function witnessBody(witness: WitnessBody): Uint8Array {
  return recordWriter(WITNESS_BYTES - 64)
    .u8(1)
    .bytes(witness.session, 16)
    .bytes(addressBytes(witness.edge), 32)
    .bytes(addressBytes(witness.resource), 32)
    .bytes(witness.targetHash, 32)
    .bytes(witness.bodyHash, 32)
    .u64(witness.size)
    .done();
}

export async function signWitness(body: WitnessBody, sign: SignBytes): Promise<Witness> {
  return { ...body, signature: await sign(signedMessage('witness v1', witnessBody(body))) };
}

export function encodeWitness(witness: Witness): Uint8Array {
  return concatBytes([witnessBody(witness), witness.signature]);
}

/** Undefined when length or version is off. Does not verify. */
export function decodeWitness(data: Uint8Array): Witness | undefined {
  if (data.length !== WITNESS_BYTES) return undefined;
  const read = recordReader(data);
  if (read.u8() !== 1) return undefined;
  return {
    session: read.bytes(16),
    edge: addressOf(read.bytes(32)),
    resource: addressOf(read.bytes(32)),
    targetHash: read.bytes(32),
    bodyHash: read.bytes(32),
    size: read.u64(),
    signature: read.bytes(64),
  };
}

/** What `POST /v1/witness` carries. */
export function encodeWitnessPost(token: Token, witness: Witness): Uint8Array {
  return concatBytes([encodeToken(token), encodeWitness(witness)]);
}

export function decodeWitnessPost(
  data: Uint8Array,
): { readonly token: Token; readonly witness: Witness } | undefined {
  if (data.length !== WITNESS_POST_BYTES) return undefined;
  const token = decodeToken(data.subarray(0, TOKEN_BYTES));
  const witness = decodeWitness(data.subarray(TOKEN_BYTES));
  return token === undefined || witness === undefined ? undefined : { token, witness };
}

/** Whether a statement is by a session that the publisher vouched for. */
export async function verifyWitness(token: Token, witness: Witness, vouchingKey: string): Promise<boolean> {
  return (
    equalBytes(token.session, witness.session) &&
    token.resource === witness.resource &&
    (await verifyTokenSignature(token, vouchingKey)) &&
    verifySignature(token.clientKey, witness.signature, signedMessage('witness v1', witnessBody(witness)))
  );
}
