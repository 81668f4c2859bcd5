import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { INSTRUCTION_ERRORS, TRANSACTION_ERRORS, describeTransactionError } from './transaction-error.ts';

const numbered = (names: readonly string[]): string[] => names.map((name, i) => `${name} = ${i}`);

it('names errors as the VM numbers them', () => {
  // The VM's enums exist in its declarations only; there they stand in order, with their numbers.
  const declarations = readFileSync(
    createRequire(import.meta.url).resolve('litesvm/dist/internal.d.ts'),
    'utf8',
  );
  const entriesOf = (name: string): string[] => {
    const body = new RegExp(`const enum ${name} \\{([^}]*)\\}`).exec(declarations)?.[1] ?? '';
    return body.split(',').map((entry) => entry.trim());
  };
  expect(numbered(TRANSACTION_ERRORS)).toEqual(entriesOf('TransactionErrorFieldless'));
  expect(numbered(INSTRUCTION_ERRORS)).toEqual(entriesOf('InstructionErrorFieldless'));
});

it('describes them in words', () => {
  expect(describeTransactionError({ InstructionError: [2, { Custom: 6001 }] })).toBe(
    'Error processing Instruction 2: custom program error: 0x1771',
  );
  expect(describeTransactionError({ InstructionError: [0, 'InvalidAccountData'] })).toBe(
    'Error processing Instruction 0: invalid account data for instruction',
  );
  expect(describeTransactionError('TooManyAccountLocks')).toBe('Transaction locked too many accounts');
});
