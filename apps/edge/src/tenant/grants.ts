import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { bareTarget, firstClosing, grantOf, grantOfCookie, grantText, grants } from '@media-network/rules';
import type { Rules, SignedGrant, SigningKeyRule } from '@media-network/rules';

type GrantReading = 'open' | 'missing' | 'bad' | 'expired';

/** Who asks for what. */
interface GrantRequest {
  readonly path: string;
  readonly target: string;
  readonly cookie: string | undefined;
  readonly address: string | undefined;
  /** Unix seconds. */
  readonly now: number;
}

/** Whether a request may have what it asks for, where rules want a signature: that of its URL, or else that of its cookie. */
export function readGrant(rules: Rules, request: GrantRequest): GrantReading {
  const rule = firstClosing(rules.sign, request.path);
  if (rule === undefined) return 'open';
  const carried = [grantOf(request.target), grantOfCookie(request.cookie)].filter(
    (each) => each !== undefined,
  );
  let said: GrantReading = 'missing';
  for (const grant of carried) {
    const key = rule.keys.has(grant.key)
      ? rules.signingKey.find(({ name }) => name === grant.key)
      : undefined;
    const target = bareTarget(request.target);
    if (key === undefined || !isSigned(key, grant, target)) {
      said = 'bad';
      continue;
    }
    const granted = grants(grant, { target, address: request.address, now: request.now });
    if (granted === 'yes') return 'open';
    said = granted === 'expired' ? 'expired' : 'bad';
  }
  return said;
}

function isSigned(key: SigningKeyRule, grant: SignedGrant, target: string): boolean {
  const text = Buffer.from(grantText(grant, target), 'latin1');
  const signature = Buffer.from(grant.signature, 'base64url');
  if (key.algorithm === 'hmac') {
    const wanted = createHmac('sha256', key.key).update(text).digest();
    return signature.length === wanted.length && timingSafeEqual(signature, wanted);
  }
  return verify(undefined, text, publicKeyOf(key), signature);
}

const publicKeys = new WeakMap<SigningKeyRule, KeyObject>();
/** What stands before the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo (RFC 8410 §4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function publicKeyOf(rule: SigningKeyRule): KeyObject {
  const known = publicKeys.get(rule);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, rule.key]), format: 'der', type: 'spki' });
  publicKeys.set(rule, key);
  return key;
}
