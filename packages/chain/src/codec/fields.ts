import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';

import type { FieldTable, FieldType } from '../schema/index.ts';
import { addressBytes, bytesAddress } from './address-bytes.ts';
import { elementSize, fieldSize } from './layout.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const utf8Encoder = new TextEncoder();

const LIMIT = { u8: 0xff, u16: 0xffff, u32: 0xffff_ffff } as const;
const U64_MAX = 2n ** 64n - 1n;
const I64_MAX = 2n ** 63n - 1n;

/** Where a value is, spelled out only when it is wrong. */
type Path = string | readonly [within: Path, key: string | number];

function spelled(path: Path): string {
  if (typeof path === 'string') return path;
  const [within, key] = path;
  const before = spelled(within);
  if (typeof key === 'number') return `${before}[${key}]`;
  return before === '' ? key : `${before}.${key}`;
}

interface PlacedField {
  readonly name: string;
  readonly type: FieldType;
  readonly offset: number;
  readonly size: number;
}
const placed = new WeakMap<FieldTable, readonly PlacedField[]>();

function fieldsOf(table: FieldTable): readonly PlacedField[] {
  const before = placed.get(table);
  if (before !== undefined) return before;
  let offset = 0;
  const fields = Object.entries(table).map(([name, type]) => {
    const field = { name, type, offset, size: fieldSize(type) };
    offset += field.size;
    return field;
  });
  placed.set(table, fields);
  return fields;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function badValue(path: Path, why: string): MediaError {
  const where = spelled(path);
  return new MediaError({
    code: 'chain/bad-value',
    message: `${where} ${why}.`,
    source: 'client',
    context: { path: where },
  });
}

type Bytes = Extract<FieldType, { readonly bytes: number }>;
type List = Extract<FieldType, { readonly array: unknown }>;

/** What zero bytes are as a value of a field or an element, made once; by its type. */
const zeros = new WeakMap<object, unknown>();

/** Not to be written to: many accounts have it. */
function zeroOf(type: object, make: () => unknown): unknown {
  let zero = zeros.get(type);
  if (zero === undefined) {
    zero = make();
    // Bytes cannot be frozen.
    if (!(zero instanceof Uint8Array)) Object.freeze(zero);
    zeros.set(type, zero);
  }
  return zero;
}

function isZero(view: DataView, at: number, size: number): boolean {
  let i = at;
  for (; i + 4 <= at + size; i += 4) if (view.getUint32(i) !== 0) return false;
  for (; i < at + size; i += 1) if (view.getUint8(i) !== 0) return false;
  return true;
}

/** Reads one field. The caller has checked that the bytes reach that far. */
function readField(view: DataView, at: number, type: FieldType, size: number, share: boolean): unknown {
  switch (type) {
    case 'u8':
      return view.getUint8(at);
    case 'u16':
      return view.getUint16(at, true);
    case 'u32':
      return view.getUint32(at, true);
    case 'u64':
      return view.getBigUint64(at, true);
    case 'i64':
      return view.getBigInt64(at, true);
    case 'pubkey':
      return bytesAddress(bytesAt(view, at, 32));
    default:
      if ('str' in type) return readString(view, at, type.str);
      return share && isZero(view, at, size)
        ? zeroOf(type, () => readParts(view, at, type, size, true))
        : readParts(view, at, type, size, share);
  }
}

function readParts(
  view: DataView,
  at: number,
  type: Bytes | List,
  size: number,
  share: boolean,
): Uint8Array | unknown[] {
  return 'bytes' in type
    ? bytesAt(view, at, type.bytes).slice()
    : readList(view, at, type, size / type.length, share);
}

function bytesAt(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

function readString(view: DataView, at: number, room: number): string {
  const length = view.getUint16(at, true);
  if (length > room) throw badValue('string', `has length ${length} in a room of ${room}`);
  try {
    return utf8.decode(bytesAt(view, at + 2, length));
  } catch (cause) {
    throw new MediaError({
      code: 'chain/bad-value',
      message: 'A string is not UTF-8.',
      source: 'chain',
      cause,
    });
  }
}

/** `size`: of an element. */
function readList(
  view: DataView,
  at: number,
  { array: element, length }: List,
  size: number,
  share: boolean,
): unknown[] {
  return Array.from({ length }, (_, index) => {
    const start = at + index * size;
    if (typeof element === 'string') return readField(view, start, element, size, share);
    return share && isZero(view, start, size)
      ? zeroOf(element, () => readTable(view, start, element, false))
      : readTable(view, start, element, share);
  });
}

/** `share`: whether parts that are all zero are the same value for all, frozen, which saves most of an account's memory. */
export function readTable(
  view: DataView,
  at: number,
  table: FieldTable,
  share = false,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const { name, type, offset, size } of fieldsOf(table))
    value[name] = readField(view, at + offset, type, size, share);
  return value;
}

/** Writes one field; what is out of range throws `chain/bad-value` with the field's path. */
export function writeField(view: DataView, at: number, type: FieldType, value: unknown, path: Path): void {
  switch (type) {
    case 'u8':
    case 'u16':
    case 'u32': {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > LIMIT[type]) {
        throw badValue(path, `must be a whole number from 0 to ${LIMIT[type]}`);
      }
      if (type === 'u8') view.setUint8(at, value);
      else if (type === 'u16') view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
      return;
    }
    case 'u64':
      if (typeof value !== 'bigint' || value < 0n || value > U64_MAX) {
        throw badValue(path, `must be a bigint from 0 to ${U64_MAX}`);
      }
      view.setBigUint64(at, value, true);
      return;
    case 'i64':
      if (typeof value !== 'bigint' || value < -I64_MAX - 1n || value > I64_MAX) {
        throw badValue(path, 'must be a bigint of 64 bits with sign');
      }
      view.setBigInt64(at, value, true);
      return;
    case 'pubkey':
      if (typeof value !== 'string') throw badValue(path, 'must be an address');
      writeAddress(view, at, value, path);
      return;
    default:
      if ('bytes' in type) writeBytes(view, at, type.bytes, value, path);
      else if ('str' in type) writeString(view, at, type.str, value, path);
      else writeArray(view, at, type.array, type.length, value, path);
  }
}

function writeAddress(view: DataView, at: number, value: string, path: Path): void {
  try {
    // The encoder checks what the brand promises: 32 bytes in base58.
    bytesAt(view, at, 32).set(addressBytes(value as Address));
  } catch (cause) {
    const where = spelled(path);
    throw new MediaError({
      code: 'chain/bad-value',
      message: `${where} must be an address: 32 bytes in base58.`,
      source: 'client',
      context: { path: where },
      cause,
    });
  }
}

function writeBytes(view: DataView, at: number, length: number, value: unknown, path: Path): void {
  if (!(value instanceof Uint8Array) || value.length !== length)
    throw badValue(path, `must be ${length} bytes`);
  bytesAt(view, at, length).set(value);
}

function writeString(view: DataView, at: number, room: number, value: unknown, path: Path): void {
  if (typeof value !== 'string') throw badValue(path, 'must be a string');
  const bytes = utf8Encoder.encode(value);
  if (bytes.length > room) throw badValue(path, `must be at most ${room} bytes`);
  view.setUint16(at, bytes.length, true);
  bytesAt(view, at + 2, room)
    .fill(0)
    .set(bytes);
}

function writeArray(
  view: DataView,
  at: number,
  element: FieldTable | 'u8' | 'u32',
  length: number,
  value: unknown,
  path: Path,
): void {
  if (!Array.isArray(value) || value.length !== length) throw badValue(path, `must have ${length} elements`);
  const size = elementSize(element);
  for (const [index, item] of value.entries()) {
    const start = at + index * size;
    if (typeof element === 'string') writeField(view, start, element, item, [path, index]);
    else writeTable(view, start, element, item, [path, index]);
  }
}

export function writeTable(view: DataView, at: number, table: FieldTable, value: unknown, path: Path): void {
  if (typeof value !== 'object' || value === null) throw badValue(path, 'must be an object');
  const given = value as Readonly<Record<string, unknown>>;
  for (const { name, type, offset } of fieldsOf(table))
    writeField(view, at + offset, type, given[name], [path, name]);
}
