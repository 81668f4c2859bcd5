import { MediaError } from '@media-network/runtime';

import { ACCOUNTS, ACCOUNT_VERSION, HEADER } from '../schema/index.ts';
import type { AccountName, AccountSchema, FieldTable } from '../schema/index.ts';
import { readTable, viewOf, writeTable } from './fields.ts';
import { tableOffsets, tableSize } from './layout.ts';
import type { AccountValue, HeaderValue } from './values.ts';

type FieldOf<N extends AccountName> = keyof (typeof ACCOUNTS)[N]['fields'] | keyof typeof HEADER;

const schemas: Readonly<Record<AccountName, AccountSchema>> = ACCOUNTS;
const byTag = new Map(
  Object.entries(ACCOUNTS).map(([name, schema]) => [schema.tag as number, name as AccountName]),
);
const layouts = new Map<
  AccountName,
  { table: FieldTable; size: number; offsets: Readonly<Record<string, number>> }
>();
for (const [name, schema] of Object.entries(schemas)) {
  const table: FieldTable = { ...HEADER, ...schema.fields };
  // Object.entries widens the keys of a record that has exactly these.
  layouts.set(name as AccountName, { table, size: tableSize(table), offsets: tableOffsets(table) });
}

function layoutOf(name: AccountName): {
  table: FieldTable;
  size: number;
  offsets: Readonly<Record<string, number>>;
} {
  const layout = layouts.get(name);
  if (layout === undefined) throw new Error(`no layout of ${name}`);
  return layout;
}

function wrong(name: AccountName, why: string): MediaError {
  return new MediaError({
    code: 'chain/wrong-account',
    message: `The account is not a ${name}: ${why}.`,
    source: 'chain',
    context: { expected: name },
  });
}

/** Bytes of an account: header and fixed fields, without a tail. */
export function accountSize(name: AccountName): number {
  return layoutOf(name).size;
}

/** Where a field begins in the account's data, for memcmp filters. */
export function accountOffset<N extends AccountName>(name: N, field: FieldOf<N>): number {
  const offset = layoutOf(name).offsets[String(field)];
  if (offset === undefined) throw new Error(`${name} has no field ${String(field)}`);
  return offset;
}

/** Which kind of account these bytes are, by the tag; undefined for none of the program's. */
export function accountKind(bytes: Uint8Array): AccountName | undefined {
  const tag = bytes[0];
  return tag === undefined || bytes[1] !== ACCOUNT_VERSION ? undefined : byTag.get(tag);
}

/**
 * Decodes an account of a known kind. Throws `chain/wrong-account` on another tag, version or length.
 * `share`: whether what is all zero in it is the same value for all accounts, which nobody may write to: for who holds many.
 */
export function decodeAccount<N extends AccountName>(
  name: N,
  bytes: Uint8Array,
  { share = false }: { readonly share?: boolean } = {},
): AccountValue<N> {
  const schema = schemas[name];
  const { table, size } = layoutOf(name);
  const rest = bytes.length - size;
  if (rest < 0 || (rest > 0 && schema.tail === undefined)) throw wrong(name, `it has ${bytes.length} bytes`);
  if (bytes[0] !== schema.tag) throw wrong(name, `its tag is ${bytes[0]}`);
  if (bytes[1] !== ACCOUNT_VERSION) throw wrong(name, `its version is ${bytes[1]}`);
  const view = viewOf(bytes);
  const value = readTable(view, 0, table, share);
  if (schema.tail === 'bytes') value['tail'] = bytes.slice(size);
  if (schema.tail === 'u32') {
    if (rest % 4 !== 0) throw wrong(name, `its tail has ${rest} bytes`);
    value['tail'] = Uint32Array.from({ length: rest / 4 }, (_, index) =>
      view.getUint32(size + index * 4, true),
    );
  }
  // readTable follows the same table that AccountValue is mapped from.
  return value as AccountValue<N>;
}

/** Bytes of an account. Tag and version are the kind's, whatever `value` says. */
export function encodeAccount<N extends AccountName>(
  name: N,
  value: Omit<AccountValue<N>, 'tag' | 'version'> & Partial<HeaderValue>,
): Uint8Array {
  const schema = schemas[name];
  const { table, size } = layoutOf(name);
  const tail = 'tail' in value ? value.tail : undefined;
  const tailBytes =
    tail instanceof Uint32Array ? u32Bytes(tail) : tail instanceof Uint8Array ? tail : new Uint8Array(0);
  const bytes = new Uint8Array(size + tailBytes.length);
  writeTable(viewOf(bytes), 0, table, { ...value, tag: schema.tag, version: ACCOUNT_VERSION }, '');
  bytes.set(tailBytes, size);
  return bytes;
}

function u32Bytes(values: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = viewOf(bytes);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true);
  return bytes;
}
