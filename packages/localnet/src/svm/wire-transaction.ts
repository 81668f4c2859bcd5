import { createHash } from 'node:crypto';
import type { Address, Signature } from '@solana/kit';
import { addressFrom, encodeBase58 } from '../codec/base58.ts';
import { MAX_TRANSACTION_BYTES } from '../limits.ts';

export interface LookupTable {
  readonly table: Address;
  readonly writable: readonly number[];
  readonly readonly: readonly number[];
}

export interface WireInstruction {
  readonly programIndex: number;
  readonly accounts: readonly number[];
  readonly data: Uint8Array;
}

/** A transaction as received, with what the chain must know of it. */
export interface WireTransaction {
  readonly bytes: Uint8Array;
  readonly version: 'legacy' | 0;
  /** The first signature: the transaction's name. All ones in base58 where it is not signed. */
  readonly signature: Signature;
  readonly signatures: readonly Signature[];
  readonly fullySigned: boolean;
  /** SHA-256 of the message: what may land once. A cosigner's approval cannot be reused under a new signature. */
  readonly messageHash: string;
  readonly blockhash: string;
  readonly header: {
    readonly signers: number;
    readonly readonlySigners: number;
    readonly readonlyOthers: number;
  };
  readonly staticKeys: readonly Address[];
  readonly lookups: readonly LookupTable[];
  readonly instructions: readonly WireInstruction[];
}

export type DecodeResult =
  | { readonly kind: 'transaction'; readonly wire: WireTransaction }
  | { readonly kind: 'malformed'; readonly reason: string };

type Message = Pick<
  WireTransaction,
  'version' | 'blockhash' | 'header' | 'staticKeys' | 'lookups' | 'instructions'
>;

const SIGNATURE_BYTES = 64;
const ADDRESS_BYTES = 32;
const VERSIONED = 0x80;

interface Reader {
  readonly at: number;
  byte(): number;
  /** A length as Solana's `short_vec` writes it: 7 bits a byte, at most three bytes, none of them spare. */
  length(): number;
  take(count: number): Uint8Array;
}

function readerOf(bytes: Uint8Array, start: number): Reader {
  let at = start;
  const byte = (): number => {
    const value = bytes[at];
    if (value === undefined) throw new RangeError('Attempting to read 1 bytes');
    at += 1;
    return value;
  };
  return {
    get at() {
      return at;
    },
    byte,
    length() {
      let value = 0;
      for (let i = 0; i < 3; i += 1) {
        const part = byte();
        value |= (part & 0x7f) << (7 * i);
        if (part < 0x80) {
          if ((i > 0 && part === 0) || value > 0xffff) break;
          return value;
        }
      }
      throw new RangeError('invalid length');
    },
    take(count) {
      if (at + count > bytes.length) throw new RangeError(`Attempting to read ${count} bytes`);
      at += count;
      return bytes.subarray(at - count, at);
    },
  };
}

function list<T>(reader: Reader, item: () => T): T[] {
  const length = reader.length();
  const items: T[] = [];
  for (let i = 0; i < length; i += 1) items.push(item());
  return items;
}

/** Reads a serialised message; throws RangeError. Version 1 has no VM here and is refused. */
export function decodeMessage(bytes: Uint8Array): Message {
  const versioned = ((bytes[0] ?? 0) & VERSIONED) !== 0;
  const version = versioned ? (bytes[0] ?? 0) & 0x7f : 'legacy';
  if (version !== 'legacy' && version !== 0) {
    throw new RangeError(`transaction version ${version} is not supported`);
  }
  const reader = readerOf(bytes, versioned ? 1 : 0);
  const header = { signers: reader.byte(), readonlySigners: reader.byte(), readonlyOthers: reader.byte() };
  const staticKeys = list(reader, () => addressFrom(reader.take(ADDRESS_BYTES)));
  const blockhash = encodeBase58(reader.take(ADDRESS_BYTES));
  const instructions = list(reader, () => ({
    programIndex: reader.byte(),
    accounts: [...reader.take(reader.length())],
    data: reader.take(reader.length()),
  }));
  const lookups = versioned
    ? list(reader, () => ({
        table: addressFrom(reader.take(ADDRESS_BYTES)),
        writable: [...reader.take(reader.length())],
        readonly: [...reader.take(reader.length())],
      }))
    : [];
  // The VM would overlook what follows; one message must have one spelling, or it could land twice.
  if (reader.at !== bytes.length) throw new RangeError(`${bytes.length - reader.at} bytes after the message`);
  return { version, blockhash, header, staticKeys, lookups, instructions };
}

/** Accounts that one transaction may name; an index is a byte. */
const MAX_KEYS = 256;

/**
 * Whether every index leads to an account: programs are named by the message itself and do not pay for it, accounts may
 * come from lookup tables too (agave, `Message::sanitize`, `v0::Message::sanitize`).
 */
function hasSaneIndexes({ staticKeys, lookups, instructions }: Message): boolean {
  const looked = lookups.reduce((sum, each) => sum + each.writable.length + each.readonly.length, 0);
  const keys = staticKeys.length + looked;
  if (keys > MAX_KEYS || lookups.some((each) => each.writable.length + each.readonly.length === 0))
    return false;
  return instructions.every(
    ({ programIndex, accounts }) =>
      programIndex > 0 && programIndex < staticKeys.length && accounts.every((index) => index < keys),
  );
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((b) => b === 0);

export function decodeWire(bytes: Uint8Array): DecodeResult {
  if (bytes.length > MAX_TRANSACTION_BYTES) {
    return {
      kind: 'malformed',
      reason: `decoded solana_transaction::versioned::VersionedTransaction too large: ${bytes.length} bytes (max: ${MAX_TRANSACTION_BYTES} bytes)`,
    };
  }
  try {
    const reader = readerOf(bytes, 0);
    const raw = list(reader, () => reader.take(SIGNATURE_BYTES));
    const messageBytes = bytes.subarray(reader.at);
    const message = decodeMessage(messageBytes);
    const keys = message.staticKeys.length;
    const { signers, readonlySigners, readonlyOthers } = message.header;
    if (
      signers === 0 ||
      readonlySigners >= signers ||
      signers + readonlyOthers > keys ||
      raw.length !== signers ||
      !hasSaneIndexes(message)
    ) {
      return {
        kind: 'malformed',
        reason: 'invalid transaction: Transaction failed to sanitize accounts offsets correctly',
      };
    }
    const signatures = raw.map((s) => encodeBase58(s) as Signature); // 64 bytes in base58 are a signature
    return {
      kind: 'transaction',
      wire: {
        ...message,
        bytes,
        signature: signatures[0] as Signature, // there is at least one signer, checked above
        signatures,
        fullySigned: !raw.some(isZero),
        messageHash: createHash('sha256').update(messageBytes).digest('base64'),
      },
    };
  } catch (error) {
    return {
      kind: 'malformed',
      reason: `failed to deserialize solana_transaction::versioned::VersionedTransaction: ${error instanceof Error ? error.message : 'malformed'}`,
    };
  }
}
