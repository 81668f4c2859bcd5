import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** A key that grants are checked with. */
export interface SigningKeyRule {
  readonly name: string;
  readonly algorithm: 'hmac' | 'ed25519';
  /** The shared secret, or the public key of 32 bytes. */
  readonly key: Uint8Array;
}

/** A shorter secret can be guessed. */
const MIN_SECRET_BYTES = 32;
const MAX_SECRET_BYTES = 128;
const PUBLIC_KEY_BYTES = 32;

export const signingKey: Verb<SigningKeyRule> = {
  name: 'signing-key',
  usage: 'signing-key NAME hmac=BASE64|ed25519=BASE64',
  says: 'A key for `sign`: a secret of 32 bytes or more for HMAC-SHA256, which edges and guards can read, or a public key for Ed25519, which they can sign nothing with.',
  notes: [
    '`media resource sign 1 --new-key site` makes one, keeps the private part, and prints the rule. To change keys, name two in `sign` for a while.',
  ],
  examples: [
    'signing-key site hmac=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
    'signing-key partner ed25519=11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  ],
  leavesKept: true,
  read(line: Line): Reading<SigningKeyRule> {
    const unknown = unknownParts(line, { words: 1, options: ['hmac', 'ed25519'] });
    if (unknown !== undefined) return unknown;
    const [name] = line.words;
    if (name === undefined || !/^[A-Za-z0-9_-]{1,64}$/.test(name))
      return wrong('needs a name of letters, digits, - and _');
    const [one, ...more] = [...line.options];
    if (one === undefined || more.length > 0) return wrong('needs one key: hmac=BASE64 or ed25519=BASE64');
    const [algorithm, [text = '']] = one;
    const key = readBase64(text);
    // The bytes are a secret: they are not repeated.
    if (key === undefined) return wrong(`has a key that is not base64`);
    if (algorithm === 'ed25519') {
      if (key.length !== PUBLIC_KEY_BYTES)
        return wrong(`has a public key of ${key.length} bytes: it has ${PUBLIC_KEY_BYTES}`);
      return { kind: 'ok', value: { name, algorithm, key } };
    }
    if (key.length < MIN_SECRET_BYTES || key.length > MAX_SECRET_BYTES)
      return wrong(
        `has a secret of ${key.length} bytes: ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} are taken`,
      );
    return { kind: 'ok', value: { name, algorithm: 'hmac', key } };
  },
};

/** Of either alphabet (RFC 4648 §4, §5), padded or not. */
function readBase64(text: string): Uint8Array | undefined {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/]+$/.test(plain) || plain.length % 4 === 1) return undefined;
  return Uint8Array.from(atob(plain), (char) => char.charCodeAt(0));
}
