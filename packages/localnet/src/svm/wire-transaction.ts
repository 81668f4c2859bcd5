import { createHash } from 'node:crypto';
import { getBase58Decoder, getCompiledTransactionMessageDecoder, getTransactionDecoder } from '@solana/kit';
import type { Address, Signature, Transaction } from '@solana/kit';
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
  readonly transaction: Transaction;
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

const base58 = getBase58Decoder();

/** Reads a serialised message; throws what the codec throws. Version 1 has no VM here and is refused. */
export function decodeMessage(bytes: Uint8Array): Message {
  const [message, end] = getCompiledTransactionMessageDecoder().read(bytes, 0);
  // The VM would overlook what follows; one message must have one spelling, or it could land twice.
  if (end !== bytes.length) throw new RangeError(`${bytes.length - end} bytes after the message`);
  if (message.version !== 'legacy' && message.version !== 0) {
    throw new RangeError(`transaction version ${String(message.version)} is not supported`);
  }
  const lookups = 'addressTableLookups' in message ? (message.addressTableLookups ?? []) : [];
  return {
    version: message.version,
    blockhash: message.lifetimeToken,
    header: {
      signers: message.header.numSignerAccounts,
      readonlySigners: message.header.numReadonlySignerAccounts,
      readonlyOthers: message.header.numReadonlyNonSignerAccounts,
    },
    staticKeys: message.staticAccounts,
    lookups: lookups.map((l) => ({
      table: l.lookupTableAddress,
      writable: [...l.writableIndexes],
      readonly: [...l.readonlyIndexes],
    })),
    instructions: message.instructions.map((i) => ({
      programIndex: i.programAddressIndex,
      accounts: i.accountIndices ?? [],
      data: new Uint8Array(i.data ?? []),
    })),
  };
}

export function decodeWire(bytes: Uint8Array): DecodeResult {
  if (bytes.length > MAX_TRANSACTION_BYTES) {
    return {
      kind: 'malformed',
      reason: `decoded transaction too large: ${bytes.length} bytes (max: ${MAX_TRANSACTION_BYTES} bytes)`,
    };
  }
  try {
    const transaction = getTransactionDecoder().decode(bytes);
    const message = decodeMessage(new Uint8Array(transaction.messageBytes));
    const keys = message.staticKeys.length;
    const { signers, readonlySigners, readonlyOthers } = message.header;
    if (signers === 0 || readonlySigners >= signers || signers + readonlyOthers > keys) {
      return { kind: 'malformed', reason: 'failed to sanitize transaction: invalid header' };
    }
    const raw = message.staticKeys.slice(0, signers).map((key) => transaction.signatures[key] ?? null);
    const signatures = raw.map((s) => base58.decode(s ?? new Uint8Array(64)) as Signature); // 64 bytes by the codec
    return {
      kind: 'transaction',
      wire: {
        ...message,
        bytes,
        transaction,
        signature: signatures[0] as Signature, // there is at least one signer, checked above
        signatures,
        fullySigned: raw.every((s) => s !== null),
        messageHash: createHash('sha256').update(new Uint8Array(transaction.messageBytes)).digest('base64'),
      },
    };
  } catch (error) {
    return {
      kind: 'malformed',
      reason: `failed to deserialize: ${error instanceof Error ? error.message : 'malformed'}`,
    };
  }
}
