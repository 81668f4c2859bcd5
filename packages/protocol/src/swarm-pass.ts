import { addressBytes, addressOf } from './address.ts';
import { concatBytes, fromBase64Url, recordReader, recordWriter, toBase64Url } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

const BODY_BYTES = 105;
const VERSION = 1;
export const SWARM_PASS_BYTES: number = BODY_BYTES + 64;

/** An edge's word for a tracker of PeerPool: this viewer was served this manifest, and may meet its other viewers. */
export interface SwarmPassBody {
  /** Account of the edge. */
  readonly edge: string;
  readonly resource: string;
  /** SHA-256 of the manifest's path. */
  readonly content: Uint8Array;
  /** Unix seconds by the chain's clock. */
  readonly expires: bigint;
}
export interface SwarmPass extends SwarmPassBody {
  /** By the edge's operator, 64 bytes. */
  readonly signature: Uint8Array;
}

function encodeBody(pass: SwarmPassBody): Uint8Array {
  return recordWriter(BODY_BYTES)
    .u8(VERSION)
    .bytes(addressBytes(pass.edge), 32)
    .bytes(addressBytes(pass.resource), 32)
    .bytes(pass.content, 32)
    .u64(pass.expires)
    .done();
}

/** As pages carry it: base64url. */
export async function signSwarmPass(body: SwarmPassBody, sign: SignBytes): Promise<string> {
  const bytes = encodeBody(body);
  return toBase64Url(concatBytes([bytes, await sign(signedMessage('swarm pass v1', bytes))]));
}

/** Undefined unless it is a pass to the last byte. Does not verify. */
export function decodeSwarmPass(text: string): SwarmPass | undefined {
  const data = fromBase64Url(text);
  if (data === undefined || data.length !== SWARM_PASS_BYTES) return undefined;
  const read = recordReader(data);
  if (read.u8() !== VERSION) return undefined;
  return {
    edge: addressOf(read.bytes(32)),
    resource: addressOf(read.bytes(32)),
    content: read.bytes(32),
    expires: read.u64(),
    signature: read.bytes(64),
  };
}

export function verifySwarmPass(pass: SwarmPass, operator: string): Promise<boolean> {
  return verifySignature(operator, pass.signature, signedMessage('swarm pass v1', encodeBody(pass)));
}

/** 32 bytes that viewers of the same content meet under, at whatever edge. */
export async function swarmOf({ resource, content }: SwarmPassBody): Promise<Uint8Array> {
  const message = signedMessage('swarm v1', concatBytes([addressBytes(resource), content]));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(message)));
}
