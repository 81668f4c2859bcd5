import { MediaError } from '@media-network/runtime';

import { INSTRUCTIONS } from '../schema/index.ts';
import type { InstructionName, InstructionSchema } from '../schema/index.ts';
import { readTable, viewOf, writeTable } from './fields.ts';
import { tableSize } from './layout.ts';
import type { InstructionArgs, TailInstruction } from './values.ts';

const schemas: Readonly<Record<InstructionName, InstructionSchema>> = INSTRUCTIONS;
// Object.entries widens the keys of a record that has exactly these.
const byId = new Map(Object.entries(schemas).map(([name, schema]) => [schema.id, name as InstructionName]));

/** The name of the instruction that this data is for, by its first byte. */
export function instructionName(data: Uint8Array): InstructionName | undefined {
  return data[0] === undefined ? undefined : byId.get(data[0]);
}

/** Bytes of an instruction's data: discriminator and arguments, without a tail. */
export function instructionSize(name: InstructionName): number {
  return 1 + tableSize(schemas[name].args);
}

/** Instruction data. Throws `chain/bad-value` for what does not fit its field. */
export function encodeInstruction<N extends InstructionName>(
  name: N,
  args: InstructionArgs<N>,
  tail?: N extends TailInstruction ? Uint8Array : undefined,
): Uint8Array {
  const schema = schemas[name];
  const size = instructionSize(name);
  const data = new Uint8Array(size + (tail?.length ?? 0));
  data[0] = schema.id;
  writeTable(viewOf(data), 1, schema.args, args, '');
  if (tail !== undefined) data.set(tail, size);
  return data;
}

export type DecodedInstruction = {
  [N in InstructionName]: { readonly name: N; readonly args: InstructionArgs<N>; readonly tail: Uint8Array };
}[InstructionName];

/** What an instruction of the program says. Throws `chain/bad-value` when it is none. */
export function decodeInstruction(data: Uint8Array): DecodedInstruction {
  const name = instructionName(data);
  if (name === undefined) throw badData('has no known discriminator');
  const size = instructionSize(name);
  const schema = schemas[name];
  if (data.length < size || (schema.tail === undefined && data.length > size)) {
    throw badData(`has ${data.length} bytes where ${name} needs ${size}`);
  }
  const args = readTable(viewOf(data), 1, schema.args);
  // readTable follows the same table that InstructionArgs is mapped from.
  return { name, args, tail: data.slice(size) } as DecodedInstruction;
}

function badData(why: string): MediaError {
  return new MediaError({ code: 'chain/bad-value', message: `Instruction data ${why}.`, source: 'client' });
}
