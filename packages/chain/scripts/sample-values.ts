import { getAddressDecoder } from '@solana/kit';

import type { FieldTable, FieldType } from '../src/schema/index.ts';

/**
 * Values for fixtures: every field gets another one, so that two fields swapped show. Bytes run on from
 * a counter; integers are spread over their width.
 */
export function createSampler(): (table: FieldTable) => Record<string, unknown> {
  let next = 1;
  const byte = (): number => (next = (next * 73 + 41) % 251);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, byte);
  const wide = (width: number): bigint => bytes(width).reduce((sum, each) => (sum << 8n) | BigInt(each), 0n);

  function field(type: FieldType): unknown {
    switch (type) {
      case 'u8':
        return byte();
      case 'u16':
        return Number(wide(2));
      case 'u32':
        return Number(wide(4));
      case 'u64':
        return wide(8);
      case 'i64':
        return -wide(7);
      case 'pubkey':
        return getAddressDecoder().decode(bytes(32));
      default:
        if ('bytes' in type) return bytes(type.bytes);
        if ('str' in type) return `http://host-${byte()}.example:${1000 + byte()}/`.slice(0, type.str);
        return Array.from({ length: type.length }, () =>
          typeof type.array === 'string' ? field(type.array) : sample(type.array),
        );
    }
  }

  function sample(table: FieldTable): Record<string, unknown> {
    return Object.fromEntries(Object.entries(table).map(([name, type]) => [name, field(type)]));
  }
  return sample;
}

/** Bytes as hex, 64-bit integers as decimal strings: what JSON can carry and any language can read. */
export function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Uint32Array) return Array.from(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toJson(each)]));
  }
  return value;
}
