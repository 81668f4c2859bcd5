/** Writes `vectors/chain.json`; with `--check` says whether it is up to date (exit code 1 if not). */
import { fileURLToPath } from 'node:url';

import type { AccountValue } from '../src/codec/values.ts';
import { accountOffset, accountSize, encodeAccount } from '../src/codec/accounts.ts';
import { encodeInstruction, instructionSize } from '../src/codec/instructions.ts';
import { ACCOUNTS, ACCOUNT_VERSION, HEADER, INSTRUCTIONS, PROGRAM_ERRORS } from '../src/schema/index.ts';
import type {
  AccountName,
  AccountSchema,
  FieldTable,
  InstructionName,
  InstructionSchema,
} from '../src/schema/index.ts';
import { createSampler, toJson } from './sample-values.ts';
import { writeOrCheck } from './write-or-check.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function accountVector(name: AccountName, schema: AccountSchema): unknown {
  const table: FieldTable = { ...HEADER, ...schema.fields };
  const tail =
    schema.tail === 'bytes'
      ? Uint8Array.of(1, 2, 3, 4, 5)
      : schema.tail === 'u32'
        ? Uint32Array.of(7, 0xffff_ffff, 9)
        : undefined;
  const value = {
    ...createSampler()(table),
    tag: schema.tag,
    version: ACCOUNT_VERSION,
    ...(tail === undefined ? {} : { tail }),
  };
  // The sampler fills exactly the fields of the table.
  const encoded = encodeAccount(name, value as unknown as AccountValue<typeof name>);
  const offsets = Object.fromEntries(
    Object.keys(table).map((field) => [
      field,
      accountOffset(name, field as Parameters<typeof accountOffset>[1]),
    ]),
  );
  return { tag: schema.tag, size: accountSize(name), offsets, value: toJson(value), hex: hex(encoded) };
}

function instructionVector(name: InstructionName, schema: InstructionSchema): unknown {
  const args = createSampler()(schema.args);
  const tail = schema.tail === undefined ? undefined : Uint8Array.of(0xde, 0xad, 0xbe, 0xef);
  // The sampler fills exactly the arguments of the table; a tail is given where there is one.
  const data = encodeInstruction(name, args as never, tail as never);
  return {
    id: schema.id,
    size: instructionSize(name),
    accounts: schema.accounts.map((meta) => meta.name),
    args: toJson(args),
    ...(tail === undefined ? {} : { tail: hex(tail) }),
    hex: hex(data),
  };
}

const vectors = {
  note: 'Byte fixtures of every account and instruction of the program. Bytes are hex, 64-bit integers decimal strings. Made by packages/chain/scripts/vectors.ts from the schema tables.',
  accounts: Object.fromEntries(
    Object.entries(ACCOUNTS).map(([name, schema]) => [name, accountVector(name as AccountName, schema)]),
  ),
  instructions: Object.fromEntries(
    Object.entries(INSTRUCTIONS).map(([name, schema]) => [
      name,
      instructionVector(name as InstructionName, schema),
    ]),
  ),
  errors: Object.fromEntries(Object.entries(PROGRAM_ERRORS).map(([code, [name]]) => [code, name])),
};

await writeOrCheck(
  fileURLToPath(new URL('../../../vectors/chain.json', import.meta.url)),
  `${JSON.stringify(vectors, null, 1)}\n`,
  'node packages/chain/scripts/vectors.ts',
);
