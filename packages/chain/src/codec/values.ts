import type { Address } from '@solana/kit';

import type { ACCOUNTS, HEADER } from '../schema/accounts.ts';
import type { INSTRUCTIONS } from '../schema/instructions.ts';
import type { AccountName, FieldTable, FieldType, InstructionName } from '../schema/index.ts';

/** Flattens an intersection, so that editors show fields. */
export type Flat<T> = { readonly [K in keyof T]: T[K] } & {};

/** What a field of the schema is in TypeScript. Bytes are copies: they never alias what was decoded. */
type FieldValue<T extends FieldType> = T extends 'u64' | 'i64'
  ? bigint
  : T extends 'u8' | 'u16' | 'u32'
    ? number
    : T extends 'pubkey'
      ? Address
      : T extends { readonly bytes: number }
        ? Uint8Array
        : T extends { readonly str: number }
          ? string
          : T extends { readonly array: infer E }
            ? E extends FieldType
              ? readonly FieldValue<E>[]
              : E extends FieldTable
                ? readonly TableValue<E>[]
                : never
            : never;

export type TableValue<T extends FieldTable> = { readonly [K in keyof T]: FieldValue<T[K]> };

type TailOf<T> = T extends { readonly tail: 'bytes' }
  ? { readonly tail: Uint8Array }
  : T extends { readonly tail: 'u32' }
    ? { readonly tail: Uint32Array }
    : unknown;

/** The header's fields that are not the same for every account of a kind. */
export type HeaderValue = TableValue<typeof HEADER>;

/** An account of the program, header and fields side by side; `tail` where the size varies. */
export type AccountValue<N extends AccountName> = Flat<
  HeaderValue & TableValue<(typeof ACCOUNTS)[N]['fields']> & TailOf<(typeof ACCOUNTS)[N]>
>;

export type InstructionArgs<N extends InstructionName> = TableValue<(typeof INSTRUCTIONS)[N]['args']>;

/** Instructions whose data ends in bytes of any length. */
export type TailInstruction = {
  [N in InstructionName]: (typeof INSTRUCTIONS)[N] extends { readonly tail: 'bytes' } ? N : never;
}[InstructionName];
