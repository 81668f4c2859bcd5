import { addressBytes } from './address.ts';
import { concatBytes, recordReader, recordWriter, utf8, utf8Text } from './bytes.ts';
import { openSealed, seal } from './sealed-box.ts';
import type { BoxKey } from './sealed-box.ts';
import { parseSettings, settingsText } from './settings-text.ts';
import type { Settings } from './settings-text.ts';

/** scrypt (RFC 7914), given by the caller; N is a power of two. Resolves to 32 bytes. */
export type Scrypt = (
  password: Uint8Array,
  salt: Uint8Array,
  cost: { readonly N: number; readonly r: number; readonly p: number },
) => Promise<Uint8Array>;

/** Which settings a blob is for; bound into the ciphertext, so that a blob cannot be moved. */
export interface SettingsSubject {
  readonly resource: string;
  readonly version: number;
}

export interface SettingsReaders {
  readonly guards: readonly { readonly no: number; readonly sealKey: Uint8Array }[];
  readonly password: Uint8Array;
  readonly scrypt: Scrypt;
  /** N = 2^15, r = 8, p = 1 unless given. */
  readonly cost?: { readonly log2N: number; readonly r: number; readonly p: number };
  /** Random bytes; the platform's by default. */
  readonly random?: (length: number) => Uint8Array;
}

const MAGIC = utf8('MNS1');
const WRAP_BYTES = 84;
const PASSWORD_WRAP_BYTES = 79;
/** Above this cost a blob is refused rather than let it eat the reader's memory (128·N·r bytes). */
const MAX_LOG2_N = 20;

function associated(subject: SettingsSubject): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    recordWriter(36).bytes(addressBytes(subject.resource), 32).u32(subject.version).done(),
  );
}

async function gcm(
  direction: 'encrypt' | 'decrypt',
  key: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
  additionalData?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const subtle = globalThis.crypto.subtle;
  const aes = await subtle.importKey('raw', new Uint8Array(key), 'AES-GCM', false, [direction]);
  const options = {
    name: 'AES-GCM',
    iv: new Uint8Array(nonce),
    ...(additionalData === undefined ? {} : { additionalData }),
  };
  return new Uint8Array(await subtle[direction](options, aes, new Uint8Array(data)));
}

const platformRandom = (length: number): Uint8Array =>
  globalThis.crypto.getRandomValues(new Uint8Array(length));

/** Encrypts settings for guards and for whoever has the password (docs/evidence.md, Settings). */
export async function encryptSettings(
  settings: Settings,
  subject: SettingsSubject,
  readers: SettingsReaders,
): Promise<Uint8Array> {
  const random = readers.random ?? platformRandom;
  const cost = readers.cost ?? { log2N: 15, r: 8, p: 1 };
  const key = random(32);
  const wraps = await Promise.all(
    readers.guards.map(async ({ no, sealKey }) =>
      recordWriter(WRAP_BYTES)
        .u32(no)
        .bytes(await seal(key, sealKey), 80)
        .done(),
    ),
  );
  const salt = random(16);
  const passwordNonce = random(12);
  const passwordKey = await readers.scrypt(readers.password, salt, {
    N: 2 ** cost.log2N,
    r: cost.r,
    p: cost.p,
  });
  const nonce = random(12);
  return concatBytes([
    MAGIC,
    recordWriter(2).u16(wraps.length).done(),
    ...wraps,
    Uint8Array.of(cost.log2N, cost.r, cost.p),
    salt,
    passwordNonce,
    await gcm('encrypt', passwordKey, passwordNonce, key),
    nonce,
    await gcm('encrypt', key, nonce, utf8(settingsText(settings)), associated(subject)),
  ]);
}

interface SettingsBlob {
  readonly wraps: ReadonlyMap<number, Uint8Array>;
  readonly cost: { readonly N: number; readonly r: number; readonly p: number };
  readonly salt: Uint8Array;
  readonly passwordNonce: Uint8Array;
  readonly passwordWrap: Uint8Array;
  readonly nonce: Uint8Array;
  readonly cipher: Uint8Array;
}

function splitBlob(blob: Uint8Array): SettingsBlob | undefined {
  if (blob.length < 6 || utf8Text(blob.subarray(0, 4)) !== 'MNS1') return undefined;
  const read = recordReader(blob.subarray(4));
  const count = read.u16();
  if (read.left() < count * WRAP_BYTES + PASSWORD_WRAP_BYTES + 12 + 16) return undefined;
  const wraps = new Map<number, Uint8Array>();
  for (let i = 0; i < count; i += 1) {
    const no = read.u32();
    const wrap = read.bytes(80);
    if (wraps.has(no)) return undefined;
    wraps.set(no, wrap);
  }
  const log2N = read.u8();
  const cost = { N: 2 ** log2N, r: read.u8(), p: read.u8() };
  if (log2N < 1 || log2N > MAX_LOG2_N || cost.r < 1 || cost.r > 16 || cost.p < 1 || cost.p > 16)
    return undefined;
  return {
    wraps,
    cost,
    salt: read.bytes(16),
    passwordNonce: read.bytes(12),
    passwordWrap: read.bytes(48),
    nonce: read.bytes(12),
    cipher: read.bytes(read.left()),
  };
}

/** The settings key as this guard can unwrap it; undefined when the blob has no wrap for it or is malformed. */
export async function settingsKeyForGuard(
  blob: Uint8Array,
  guardNo: number,
  key: BoxKey,
): Promise<Uint8Array | undefined> {
  const wrap = splitBlob(blob)?.wraps.get(guardNo);
  const opened = wrap === undefined ? undefined : await openSealed(wrap, key);
  return opened?.length === 32 ? opened : undefined;
}

/** Numbers of the guards that can read the blob; undefined when it is malformed. */
export function settingsGuards(blob: Uint8Array): readonly number[] | undefined {
  const split = splitBlob(blob);
  return split === undefined ? undefined : [...split.wraps.keys()];
}

/** The settings key by password; undefined when the password is wrong or the blob malformed. */
export async function settingsKeyByPassword(
  blob: Uint8Array,
  password: Uint8Array,
  scrypt: Scrypt,
): Promise<Uint8Array | undefined> {
  const split = splitBlob(blob);
  if (split === undefined) return undefined;
  try {
    return await gcm(
      'decrypt',
      await scrypt(password, split.salt, split.cost),
      split.passwordNonce,
      split.passwordWrap,
    );
  } catch {
    return undefined;
  }
}

/** The settings themselves; undefined when key, subject or blob do not match, or the text is not of settings. */
export async function decryptSettings(
  blob: Uint8Array,
  subject: SettingsSubject,
  settingsKey: Uint8Array,
): Promise<Settings | undefined> {
  const split = splitBlob(blob);
  if (split === undefined) return undefined;
  try {
    const text = utf8Text(await gcm('decrypt', settingsKey, split.nonce, split.cipher, associated(subject)));
    return text === undefined ? undefined : parseSettings(text);
  } catch {
    return undefined;
  }
}
