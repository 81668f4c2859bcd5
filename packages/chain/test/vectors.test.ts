import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { accountKind, decodeAccount } from '../src/codec/accounts.ts';
import { decodeInstruction } from '../src/codec/instructions.ts';
import { codamaRoot } from '../src/idl.ts';
import { ACCOUNTS, INSTRUCTIONS } from '../src/schema/index.ts';
import type { AccountName } from '../src/schema/index.ts';
import { toJson } from '../scripts/sample-values.ts';

interface Vectors {
  readonly accounts: Record<
    string,
    { tag: number; size: number; value: Record<string, unknown>; hex: string }
  >;
  readonly instructions: Record<
    string,
    { id: number; args: Record<string, unknown>; tail?: string; hex: string }
  >;
}

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
// Written by scripts/vectors.ts in this shape.
const vectors = read('../../../vectors/chain.json') as Vectors;

describe('vectors/chain.json', () => {
  it('has every account and instruction of the tables', () => {
    expect(Object.keys(vectors.accounts)).toEqual(Object.keys(ACCOUNTS));
    expect(Object.keys(vectors.instructions)).toEqual(Object.keys(INSTRUCTIONS));
  });

  // Object.keys widens the names of the table.
  it.each(Object.keys(ACCOUNTS) as AccountName[])('account %s decodes to its values', (name) => {
    const vector = vectors.accounts[name];
    const bytes = Uint8Array.from(Buffer.from(vector?.hex ?? '', 'hex'));
    expect(accountKind(bytes)).toBe(name);
    expect(toJson(decodeAccount(name, bytes))).toEqual(vector?.value);
  });

  it.each(Object.keys(INSTRUCTIONS))('instruction %s decodes to its arguments', (name) => {
    const vector = vectors.instructions[name];
    const decoded = decodeInstruction(Uint8Array.from(Buffer.from(vector?.hex ?? '', 'hex')));
    expect(decoded.name).toBe(name);
    expect(toJson(decoded.args)).toEqual(vector?.args);
    expect(toJson(decoded.tail)).toBe(vector?.tail ?? '');
  });
});

describe('idl/media.json', () => {
  it('is what the tables say', () => {
    expect(read('../idl/media.json')).toEqual(JSON.parse(JSON.stringify(codamaRoot())));
  });
});
