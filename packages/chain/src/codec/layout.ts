import type { FieldTable, FieldType } from '../schema/index.ts';

/** Bytes that a field takes; a string is a u16 length and its room. */
export function fieldSize(type: FieldType): number {
  switch (type) {
    case 'u8':
      return 1;
    case 'u16':
      return 2;
    case 'u32':
      return 4;
    case 'u64':
    case 'i64':
      return 8;
    case 'pubkey':
      return 32;
    default:
      if ('bytes' in type) return type.bytes;
      if ('str' in type) return 2 + type.str;
      return type.length * elementSize(type.array);
  }
}

export function elementSize(element: FieldTable | 'u8' | 'u32'): number {
  return typeof element === 'string' ? fieldSize(element) : tableSize(element);
}

export function tableSize(table: FieldTable): number {
  return Object.values(table).reduce((sum, type) => sum + fieldSize(type), 0);
}

/** Offset of each field from the begin of the table. */
export function tableOffsets<T extends FieldTable>(table: T): Readonly<Record<keyof T, number>> {
  const offsets: Record<string, number> = {};
  let at = 0;
  for (const [name, type] of Object.entries(table)) {
    offsets[name] = at;
    at += fieldSize(type);
  }
  // The loop wrote one number for each key of T and nothing else.
  return offsets as Record<keyof T, number>;
}
