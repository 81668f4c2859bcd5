import { getAddressDecoder } from '@solana/kit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ACCOUNTS, ACCOUNT_VERSION, HEADER, INSTRUCTIONS } from '../schema/index.ts';
import type {
  AccountName,
  AccountSchema,
  FieldTable,
  FieldType,
  InstructionName,
  InstructionSchema,
} from '../schema/index.ts';
import { accountKind, accountOffset, accountSize, decodeAccount, encodeAccount } from './accounts.ts';
import { viewOf } from './fields.ts';
import { decodeInstruction, encodeInstruction } from './instructions.ts';
import type { AccountValue } from './values.ts';

function arbitrary(type: FieldType): fc.Arbitrary<unknown> {
  switch (type) {
    case 'u8':
      return fc.integer({ min: 0, max: 0xff });
    case 'u16':
      return fc.integer({ min: 0, max: 0xffff });
    case 'u32':
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case 'u64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case 'i64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'pubkey':
      return fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((bytes) => getAddressDecoder().decode(bytes));
    default:
      if ('bytes' in type) return fc.uint8Array({ minLength: type.bytes, maxLength: type.bytes });
      if ('str' in type) {
        return fc
          .string({ unit: 'grapheme', maxLength: type.str })
          .filter((text) => new TextEncoder().encode(text).length <= type.str);
      }
      return fc.array(typeof type.array === 'string' ? arbitrary(type.array) : arbitraryTable(type.array), {
        minLength: type.length,
        maxLength: type.length,
      });
  }
}

function arbitraryTable(table: FieldTable): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(Object.entries(table).map(([name, type]) => [name, arbitrary(type)])));
}

const RUNS = { numRuns: 25 };
// Object.entries widens the names of the tables.
const accounts = Object.entries(ACCOUNTS) as [AccountName, AccountSchema][];
const instructions = Object.entries(INSTRUCTIONS) as [InstructionName, InstructionSchema][];

describe('accounts', () => {
  it.each(accounts)('%s comes back as it was', (name, schema) => {
    const tail =
      schema.tail === 'bytes'
        ? fc.uint8Array({ maxLength: 100 })
        : fc
            .array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 50 })
            .map((each) => Uint32Array.from(each));
    fc.assert(
      fc.property(arbitraryTable({ ...HEADER, ...schema.fields }), tail, (fields, rest) => {
        const value = {
          ...fields,
          tag: schema.tag,
          version: ACCOUNT_VERSION,
          ...(schema.tail === undefined ? {} : { tail: rest }),
        };
        // Made from the table that the type is mapped from.
        const bytes = encodeAccount(name, value as unknown as AccountValue<typeof name>);
        expect(bytes.length).toBe(accountSize(name) + (schema.tail === undefined ? 0 : rest.byteLength));
        expect(accountKind(bytes)).toBe(name);
        expect(decodeAccount(name, bytes)).toEqual(value);
        expect(decodeAccount(name, bytes, { share: true })).toEqual(value);
      }),
      RUNS,
    );
  });

  it('puts a field where its offset says', () => {
    const bytes = new Uint8Array(accountSize('stake'));
    bytes.set([3, ACCOUNT_VERSION]);
    viewOf(bytes).setBigUint64(accountOffset('stake', 'lp'), 77n, true);
    expect(decodeAccount('stake', bytes).lp).toBe(77n);
    expect(accountOffset('stake', 'owner')).toBe(8);
  });

  it('decodes a view into a larger buffer, and copies', () => {
    const bytes = new Uint8Array(accountSize('claim'));
    bytes.set([13, ACCOUNT_VERSION]);
    const large = new Uint8Array(bytes.length + 7);
    large.set(bytes, 7);
    expect(decodeAccount('claim', large.subarray(7))).toEqual(decodeAccount('claim', bytes));
    const settings = new Uint8Array(accountSize('settings') + 3);
    settings.set([8, ACCOUNT_VERSION]);
    const { tail } = decodeAccount('settings', settings);
    settings.fill(9);
    expect(tail).toEqual(new Uint8Array(3));
  });

  it('shares what is all zero between accounts that are told to, and nothing else', () => {
    const bytes = new Uint8Array(accountSize('resource'));
    bytes.set([7, ACCOUNT_VERSION]);
    bytes[accountOffset('resource', 'terms') + 48] = 1;
    const [a, b] = [0, 1].map(() => decodeAccount('resource', bytes, { share: true }));
    expect(a).toEqual(decodeAccount('resource', bytes));
    expect(a?.months).toBe(b?.months);
    expect(a?.reserved).toBe(b?.reserved);
    expect(a?.terms[0]).toBe(b?.terms[7]);
    expect([a?.terms[1]?.from, a?.terms[1] === b?.terms[1]]).toEqual([1n, false]);
    expect(() => Object.assign(a?.months[0] ?? {}, { month: 1 })).toThrow(TypeError);
    expect(decodeAccount('resource', bytes).months).not.toBe(a?.months);
  });

  it('refuses another tag, version or length', () => {
    const bytes = new Uint8Array(accountSize('claim'));
    bytes.set([13, ACCOUNT_VERSION]);
    const wrong = expect.objectContaining({ code: 'chain/wrong-account' });
    expect(() => decodeAccount('stake', bytes)).toThrow(wrong);
    expect(() => decodeAccount('claim', bytes.with(1, ACCOUNT_VERSION - 1))).toThrow(wrong);
    expect(() => decodeAccount('claim', bytes.with(0, 12))).toThrow(wrong);
    expect(() => decodeAccount('claim', bytes.subarray(1))).toThrow(wrong);
    expect(() => decodeAccount('claim', new Uint8Array(accountSize('claim') + 1))).toThrow(wrong);
    expect(accountKind(new Uint8Array(0))).toBeUndefined();
  });
});

const bad = (path: string): unknown =>
  expect.objectContaining({ code: 'chain/bad-value', context: { path } });

describe('instructions', () => {
  it.each(instructions)('%s comes back as it was', (name, schema) => {
    fc.assert(
      fc.property(arbitraryTable(schema.args), fc.uint8Array({ maxLength: 64 }), (args, rest) => {
        const tail = schema.tail === undefined ? undefined : rest;
        // Made from the table that the type is mapped from; a tail only where there is one.
        const data = encodeInstruction(name, args as never, tail as never);
        expect(data[0]).toBe(schema.id);
        expect(decodeInstruction(data)).toEqual({ name, args, tail: tail ?? new Uint8Array(0) });
      }),
      RUNS,
    );
  });

  it('refuses values out of range, by name', () => {
    const swap = { direction: 0, amountIn: 1n, minOut: 1n };
    expect(() => encodeInstruction('swap', { ...swap, direction: 256 })).toThrow(bad('direction'));
    expect(() => encodeInstruction('swap', { ...swap, amountIn: -1n })).toThrow(bad('amountIn'));
    expect(() => encodeInstruction('swap', { ...swap, minOut: 2n ** 64n })).toThrow(bad('minOut'));
    expect(() => decodeInstruction(Uint8Array.of(255))).toThrow(/no known discriminator/);
    expect(() => decodeInstruction(Uint8Array.of(4, 0))).toThrow(/2 bytes where swap needs 18/);
  });

  it('decodes any bytes to a value or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        let decoded: ReturnType<typeof decodeInstruction> | undefined;
        try {
          decoded = decodeInstruction(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'chain/bad-value' });
        }
        if (decoded !== undefined)
          expect(decoded.name).toBe(instructions.find(([, { id }]) => id === bytes[0])?.[0]);
      }),
    );
  });
});
