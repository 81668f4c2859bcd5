import { createHash, createHmac, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** JSON Web Signatures as ACME has them (RFC 8555 §6.2, RFC 7515): flattened, ES256, a POST-as-GET with an empty payload. */
export interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** The public half of an account's key, members in the order of RFC 7638 §3.2. */
export interface PublicJwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

export function base64url(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString('base64url');
}

export function publicJwk(key: KeyObject): PublicJwk {
  const { crv = '', kty = '', x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { crv, kty, x, y };
}

/** RFC 7638. */
export function thumbprint(key: KeyObject): string {
  return base64url(
    createHash('sha256')
      .update(JSON.stringify(publicJwk(key)))
      .digest(),
  );
}

function part(value: object | undefined): string {
  return value === undefined ? '' : base64url(JSON.stringify(value));
}

/** `payload` undefined: POST-as-GET. */
export function signJws(key: KeyObject, header: object, payload: object | undefined): Jws {
  const [head, body] = [part({ alg: 'ES256', ...header }), part(payload)];
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
  return { protected: head, payload: body, signature: base64url(signature) };
}

/** The account's key, signed by what a CA knows its customer by (RFC 8555 §7.3.4). */
export function bindAccount(
  key: KeyObject,
  binding: { readonly kid: string; readonly hmacKey: Uint8Array },
  url: string,
): Jws {
  const [head, body] = [part({ alg: 'HS256', kid: binding.kid, url }), part(publicJwk(key))];
  const signature = createHmac('sha256', binding.hmacKey).update(`${head}.${body}`).digest();
  return { protected: head, payload: body, signature: base64url(signature) };
}
