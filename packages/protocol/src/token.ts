import { addressBytes, addressOf } from './address.ts';
import { concatBytes, fromBase64Url, recordReader, recordWriter, toBase64Url, toHex } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

export const TOKEN_BYTES = 165;
const BODY_BYTES = 101;
const VERSION = 2;
/** A resource without a vouching key has this one; no signature is good under it. */
export const NO_VOUCHING_KEY = '11111111111111111111111111111111';

/** What a publisher's token says: bytes that this client key signs for in this hour are mine to pay (docs/evidence.md). */
export interface TokenBody {
  /** 16 random bytes. */
  readonly session: Uint8Array;
  readonly resource: string;
  /** Ed25519 public key, 32 bytes. */
  readonly clientKey: Uint8Array;
  readonly hour: bigint;
  /** Most bytes that the publisher pays for in this session, over all edges together. */
  readonly ceiling: bigint;
  /** Bytes an edge may be ahead of the last receipt. */
  readonly creditWindow: number;
}

export interface Token extends TokenBody {
  /** By the resource's vouching key, 64 bytes. */
  readonly signature: Uint8Array;
}

function encodeBody(token: TokenBody): Uint8Array {
  return recordWriter(BODY_BYTES)
    .u8(VERSION)
    .bytes(token.session, 16)
    .bytes(addressBytes(token.resource), 32)
    .bytes(token.clientKey, 32)
    .u64(token.hour)
    .u64(token.ceiling)
    .u32(token.creditWindow)
    .done();
}

export async function signToken(body: TokenBody, sign: SignBytes): Promise<Token> {
  return { ...body, signature: await sign(signedMessage('token v2', encodeBody(body))) };
}

export function encodeToken(token: Token): Uint8Array {
  return concatBytes([encodeBody(token), token.signature]);
}

/** Undefined when the length or the version is off. Does not verify. */
export function decodeToken(data: Uint8Array): Token | undefined {
  if (data.length !== TOKEN_BYTES) return undefined;
  const read = recordReader(data);
  if (read.u8() !== VERSION) return undefined;
  return {
    session: read.bytes(16),
    resource: addressOf(read.bytes(32)),
    clientKey: read.bytes(32),
    hour: read.u64(),
    ceiling: read.u64(),
    creditWindow: read.u32(),
    signature: read.bytes(64),
  };
}

/** `vouchingKey` is an address; none is good under `NO_VOUCHING_KEY`. */
export async function verifyTokenSignature(token: Token, vouchingKey: string): Promise<boolean> {
  if (vouchingKey === NO_VOUCHING_KEY) return false;
  return verifySignature(vouchingKey, token.signature, signedMessage('token v2', encodeBody(token)));
}

/** Value of the `Media-Token` header. */
export function tokenHeader(token: Token): string {
  return toBase64Url(encodeToken(token));
}

export function parseTokenHeader(value: string): Token | undefined {
  const data = fromBase64Url(value);
  return data === undefined ? undefined : decodeToken(data);
}

/**
 * What makes two tokens one session when ceilings are counted: id, client key and ceiling. The id alone would let
 * whoever signs tokens take a session back with a second token of a lower ceiling.
 */
export function sessionKey(token: TokenBody): string {
  return `${toHex(token.session)}${toHex(token.clientKey)}${token.ceiling.toString(16)}`;
}

export type TokenRefusal =
  | 'token/malformed'
  | 'token/wrong-resource'
  | 'token/wrong-hour'
  | 'token/no-vouching-key'
  | 'token/bad-signature';

/**
 * Whether an edge takes a token: for this resource, of its own hour or a neighbouring one (clocks lag), signed by
 * the vouching key that holds in the token's hour. The bytes count in the report of the token's hour only.
 */
export async function checkToken(
  token: Token | undefined,
  at: { readonly resource: string; readonly hour: bigint },
  vouchingKeyOf: (hour: bigint) => string | undefined,
): Promise<
  { readonly kind: 'ok'; readonly token: Token } | { readonly kind: 'refused'; readonly code: TokenRefusal }
> {
  const refused = (code: TokenRefusal): { readonly kind: 'refused'; readonly code: TokenRefusal } => ({
    kind: 'refused',
    code,
  });
  if (token === undefined) return refused('token/malformed');
  if (token.resource !== at.resource) return refused('token/wrong-resource');
  if (token.hour < at.hour - 1n || token.hour > at.hour + 1n) return refused('token/wrong-hour');
  const key = vouchingKeyOf(token.hour);
  if (key === undefined || key === NO_VOUCHING_KEY) return refused('token/no-vouching-key');
  if (!(await verifyTokenSignature(token, key))) return refused('token/bad-signature');
  return { kind: 'ok', token };
}
