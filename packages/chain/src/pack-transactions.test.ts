import {
  AccountRole,
  appendTransactionMessageInstructions,
  compileTransaction,
  createTransactionMessage,
  getTransactionEncoder,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from '@solana/kit';
import type { Address, Blockhash, Instruction } from '@solana/kit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { setComputeUnitLimit, setComputeUnitPrice } from './compute-budget.ts';
import { MAX_TRANSACTION_BYTES, packTransactions, transactionBytes } from './pack-transactions.ts';
import { addressOf } from './program-world/world.ts';

const payer = addressOf('payer');
const programs = [addressOf('program'), addressOf('another')];
const { READONLY, READONLY_SIGNER, WRITABLE, WRITABLE_SIGNER } = AccountRole;

/** A few of many may sign: kit compiles no transaction of more than twelve. */
const account = fc.oneof(
  fc.record({
    address: fc.integer({ min: 1, max: 20 }).map((index) => addressOf(`a ${index}`)),
    role: fc.constantFrom(READONLY, WRITABLE),
  }),
  fc.record({
    address: fc.integer({ min: 1, max: 4 }).map((index) => (index === 4 ? payer : addressOf(`a ${index}`))),
    role: fc.constantFrom(READONLY_SIGNER, WRITABLE_SIGNER),
  }),
);

const arbitrary: fc.Arbitrary<Instruction> = fc.record({
  programAddress: fc.constantFrom(...programs),
  accounts: fc.array(account, { maxLength: 14 }),
  data: fc.uint8Array({ maxLength: 300 }),
});

function sizeOf(instructions: readonly Instruction[]): number {
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (each) => setTransactionMessageFeePayer(payer, each),
    // The system program's address has the shape of a blockhash.
    (each) =>
      setTransactionMessageLifetimeUsingBlockhash(
        { blockhash: addressOf('hash') as string as Blockhash, lastValidBlockHeight: 1n },
        each,
      ),
    (each) =>
      appendTransactionMessageInstructions(
        [setComputeUnitLimit(1), setComputeUnitPrice(1n), ...instructions],
        each,
      ),
  );
  return getTransactionEncoder().encode(compileTransaction(message)).length;
}

describe('transactionBytes', () => {
  it('is what a compiled transaction has', () => {
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 6 }), (instructions) => {
        expect(transactionBytes(payer, instructions)).toBe(sizeOf(instructions));
      }),
      { numRuns: 200 },
    );
  });
});

describe('packTransactions', () => {
  it('keeps the order, fits, and wastes no room that the next one would have had', () => {
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 20 }), (instructions) => {
        const groups = packTransactions(payer, instructions);
        expect(groups.flat()).toEqual(instructions);
        for (const [index, group] of groups.entries()) {
          if (group.length > 1)
            expect(transactionBytes(payer, group)).toBeLessThanOrEqual(MAX_TRANSACTION_BYTES);
          const next = groups[index + 1]?.[0];
          if (next !== undefined)
            expect(transactionBytes(payer, [...group, next])).toBeGreaterThan(MAX_TRANSACTION_BYTES);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('takes no more than it is told', () => {
    const one: Instruction = { programAddress: programs[0] as Address, data: Uint8Array.of(1) };
    expect(packTransactions(payer, [one, one, one], 2).map(({ length }) => length)).toEqual([2, 1]);
    expect(packTransactions(payer, [])).toEqual([]);
  });
});
