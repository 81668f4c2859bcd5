import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** What an edge says of an object in its cache, on a guard's challenge. */
export interface AttestBody {
  readonly resource: string;
  /** SHA-256 of the target. */
  readonly targetHash: Uint8Array;
  /** SHA-256 of the ETag, else of Last-Modified, else of nothing. */
  readonly validatorHash: Uint8Array;
  readonly bodyHash: Uint8Array;
  readonly size: bigint;
  readonly unixMs: bigint;
  /** The challenge, 16 bytes. */
  readonly nonce: Uint8Array;
}
export interface Attest extends AttestBody {
  readonly signature: Uint8Array;
}

/** An edge asks a guard for the key of a resource's settings. */
export interface KeyRequestBody {
  readonly edge: string;
  readonly resource: string;
  readonly settingsVersion: number;
  /** X25519 public key to which the answer is sealed. */
  readonly boxKey: Uint8Array;
  readonly unixSecs: bigint;
}
export interface KeyRequest extends KeyRequestBody {
  readonly signature: Uint8Array;
}

export const ATTEST_BYTES = 224;
export const KEY_REQUEST_BYTES = 172;

function attestBody(attest: AttestBody): Uint8Array {
  return recordWriter(ATTEST_BYTES - 64)
    .bytes(addressBytes(attest.resource), 32)
    .bytes(attest.targetHash, 32)
    .bytes(attest.validatorHash, 32)
    .bytes(attest.bodyHash, 32)
    .u64(attest.size)
    .u64(attest.unixMs)
    .bytes(attest.nonce, 16)
    .done();
}

function keyRequestBody(request: KeyRequestBody): Uint8Array {
  return recordWriter(KEY_REQUEST_BYTES - 64)
    .bytes(addressBytes(request.edge), 32)
    .bytes(addressBytes(request.resource), 32)
    .u32(request.settingsVersion)
    .bytes(request.boxKey, 32)
    .u64(request.unixSecs)
    .done();
}

export async function signAttest(body: AttestBody, sign: SignBytes): Promise<Attest> {
  return { ...body, signature: await sign(signedMessage('attest v1', attestBody(body))) };
}

export function encodeAttest(attest: Attest): Uint8Array {
  return concatBytes([attestBody(attest), attest.signature]);
}

export function decodeAttest(data: Uint8Array): Attest | undefined {
  if (data.length !== ATTEST_BYTES) return undefined;
  const read = recordReader(data);
  return {
    resource: addressOf(read.bytes(32)),
    targetHash: read.bytes(32),
    validatorHash: read.bytes(32),
    bodyHash: read.bytes(32),
    size: read.u64(),
    unixMs: read.u64(),
    nonce: read.bytes(16),
    signature: read.bytes(64),
  };
}

export function verifyAttestSignature(attest: Attest, operator: string): Promise<boolean> {
  return verifySignature(operator, attest.signature, signedMessage('attest v1', attestBody(attest)));
}

export async function signKeyRequest(body: KeyRequestBody, sign: SignBytes): Promise<KeyRequest> {
  return { ...body, signature: await sign(signedMessage('key request v1', keyRequestBody(body))) };
}

export function encodeKeyRequest(request: KeyRequest): Uint8Array {
  return concatBytes([keyRequestBody(request), request.signature]);
}

export function decodeKeyRequest(data: Uint8Array): KeyRequest | undefined {
  if (data.length !== KEY_REQUEST_BYTES) return undefined;
  const read = recordReader(data);
  return {
    edge: addressOf(read.bytes(32)),
    resource: addressOf(read.bytes(32)),
    settingsVersion: read.u32(),
    boxKey: read.bytes(32),
    unixSecs: read.u64(),
    signature: read.bytes(64),
  };
}

export function verifyKeyRequestSignature(request: KeyRequest, operator: string): Promise<boolean> {
  return verifySignature(
    operator,
    request.signature,
    signedMessage('key request v1', keyRequestBody(request)),
  );
}
