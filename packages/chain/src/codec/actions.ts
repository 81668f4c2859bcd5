import { ACTIONS, ACTION_BYTES } from '../schema/index.ts';
import type { ActionName, ActionSchema } from '../schema/index.ts';
import { readTable, viewOf, writeTable } from './fields.ts';
import { tableSize } from './layout.ts';
import type { TableValue } from './values.ts';

/** What a proposal of a kind says. */
export type ActionValue<N extends ActionName> = TableValue<(typeof ACTIONS)[N]['fields']>;

const schemas: Readonly<Record<ActionName, ActionSchema>> = ACTIONS;

/** The bytes of a proposal's action. Throws `chain/bad-value` for what does not fit its field. */
export function encodeAction<N extends ActionName>(name: N, value: ActionValue<N>): Uint8Array {
  const bytes = new Uint8Array(ACTION_BYTES);
  writeTable(viewOf(bytes), 0, schemas[name].fields, value, '');
  return bytes;
}

/** What a proposal's bytes say as one of that kind; `isWhole` when nothing stands behind its fields. */
export function decodeAction<N extends ActionName>(
  name: N,
  action: Uint8Array,
): { readonly value: ActionValue<N>; readonly isWhole: boolean } {
  const { fields } = schemas[name];
  const value = readTable(viewOf(action), 0, fields);
  // readTable follows the same table that ActionValue is mapped from.
  return {
    value: value as ActionValue<N>,
    isWhole: action.subarray(tableSize(fields)).every((byte) => byte === 0),
  };
}
