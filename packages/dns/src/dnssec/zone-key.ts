import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** ECDSA P-256 with SHA-256 (RFC 6605). */
const ALGORITHM = 13;
/** A zone key that is an entry point, too (RFC 4034 §2.1.1): each signer has one, and signs the set of all with it (RFC 8901, model 2). */
const FLAGS = 257;
const PROTOCOL = 3;
/** SHA-256 (RFC 4509). */
const DS_DIGEST = 2;
/** Bytes of a public key: both coordinates. */
export const PUBLIC_KEY_BYTES = 64;

/** A key that signs a zone. The private part does not leave the process. */
export interface ZoneKey {
  readonly publicKey: Uint8Array;
  readonly tag: number;
  readonly algorithm: number;
  /** 64 bytes. */
  sign(data: Uint8Array): Uint8Array;
}

/** A private key in PEM, for a file of the operator's. */
export function newZoneKeyText(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

export function createZoneKey(privateKey: KeyObject): ZoneKey {
  const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return {
    publicKey,
    tag: keyTag(dnskeyRdata(publicKey)),
    algorithm: ALGORITHM,
    sign: (data) => sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  };
}

export function dnskeyRdata(publicKey: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([FLAGS >> 8, FLAGS & 0xff, PROTOCOL, ALGORITHM]), publicKey]);
}

/** RFC 4034, appendix B. */
function keyTag(rdata: Uint8Array): number {
  let sum = 0;
  for (const [i, byte] of rdata.entries()) sum += (i & 1) === 0 ? byte << 8 : byte;
  return (sum + (sum >> 16)) & 0xffff;
}

/** What the parent zone says of a key: the text of a DS record's data. `apex` on the wire. */
export function dsText(apex: Uint8Array, publicKey: Uint8Array): string {
  const rdata = dnskeyRdata(publicKey);
  const digest = createHash('sha256').update(apex).update(rdata).digest('hex').toUpperCase();
  return `${keyTag(rdata)} ${ALGORITHM} ${DS_DIGEST} ${digest}`;
}
