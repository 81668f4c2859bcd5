/**
 * The vocabulary in which the program's accounts, instructions and errors are written down.
 *
 * These tables are the one source for the TypeScript codecs, the Rust offsets
 * (`programs/media/src/layout.rs`), the IDL and the byte fixtures in `vectors/`. All integers are
 * little-endian and fields are packed in order without padding.
 */

/** A scalar, fixed bytes, a bounded UTF-8 string (u16 length, then `size` bytes), or a fixed array of structs. */
export type FieldType =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'i64'
  | 'pubkey'
  | { readonly bytes: number }
  | { readonly str: number }
  | { readonly array: FieldTable | 'u8' | 'u32'; readonly length: number };

export type FieldTable = Readonly<Record<string, FieldType>>;

export interface AccountSchema {
  /** Byte 0 of the account. Never reused. */
  readonly tag: number;
  /** What the account is for, one line. */
  readonly doc: string;
  /** Seeds of the program-derived address; `null` for an account created with seed at top level. */
  readonly seeds: readonly SeedPart[] | null;
  /** Fields after the eight-byte header {tag u8, version u8, bump u8, status u8, flags u32}. */
  readonly fields: FieldTable;
  /** What follows the fixed fields, if the account's size varies. */
  readonly tail?: 'bytes' | 'u32';
}

/** A seed: a literal, an account of the instruction by name, or an argument by name (LE bytes; a key's own). */
export type SeedPart =
  | { readonly text: string }
  | { readonly account: string }
  | { readonly arg: string; readonly as: 'u8' | 'u32' | 'u64' | 'pubkey' | 'bytes' };

export interface AccountMetaSchema {
  readonly name: string;
  readonly signer?: true;
  readonly writable?: true;
  /** A program-derived address of the named seeds… */
  readonly pda?: readonly SeedPart[];
  /** …or a fixed, well-known address. */
  readonly address?: 'system' | 'token' | 'ata' | 'instructions';
  readonly doc?: string;
}

export interface InstructionSchema {
  /** Byte 0 of the instruction data. Never reused. */
  readonly id: number;
  readonly doc: string;
  readonly accounts: readonly AccountMetaSchema[];
  /** Accounts repeated after the fixed ones. */
  readonly remaining?: { readonly name: string; readonly writable?: true; readonly doc: string };
  /** Arguments after the discriminator, packed. */
  readonly args: FieldTable;
  /** Variable bytes after the arguments. */
  readonly tail?: 'bytes';
}
