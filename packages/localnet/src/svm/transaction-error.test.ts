import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { INSTRUCTION_ERRORS, TRANSACTION_ERRORS, describeTransactionError } from './transaction-error.ts';

it('names errors as the VM numbers them', () => {
  // The VM's tables are not in its public module.
  const tables = createRequire(import.meta.url)('litesvm/dist/internal.js') as Record<
    string,
    Record<number, string>
  >;
  const inOrder = (table: Record<number, string> = {}): string[] =>
    Array.from({ ...table, length: Object.keys(table).length });
  expect(inOrder(tables['TransactionErrorFieldless'])).toEqual(TRANSACTION_ERRORS);
  expect(inOrder(tables['InstructionErrorFieldless'])).toEqual(INSTRUCTION_ERRORS);
});

it('describes them in words', () => {
  expect(describeTransactionError({ InstructionError: [2, { Custom: 6001 }] })).toBe(
    'Error processing Instruction 2: custom program error: 0x1771',
  );
  expect(describeTransactionError({ InstructionError: [0, 'InvalidAccountData'] })).toBe(
    'Error processing Instruction 0: invalid account data',
  );
  expect(describeTransactionError('TooManyAccountLocks')).toBe('Too many account locks');
});
