import { describe, expect, it } from 'vitest';

import { percentileFee, setComputeUnitLimit, setComputeUnitPrice } from './compute-budget.ts';
import { missingChunks } from './deploy.ts';
import { PROGRAMS } from './programs.ts';
import { addressOf } from './program-world/world.ts';
import { PROGRAM_ERRORS } from './schema/index.ts';
import type { ProgramErrorCode } from './schema/index.ts';
import { programErrorCode, transactionError } from './transaction-errors.ts';
import { websocketUrl } from './client.ts';

const programId = addressOf('program');
const leaveEdge = { programAddress: programId, data: Uint8Array.of(13) };
const foreign = { programAddress: PROGRAMS.system, data: Uint8Array.of(2) };
const facts = { instructions: [foreign, leaveEdge], programId };
const custom = (index: number, code: number): unknown => ({
  InstructionError: [BigInt(index), { Custom: BigInt(code) }],
});

describe('transactionError', () => {
  it.each(Object.entries(PROGRAM_ERRORS))('%s has its name as code and its words', (code, [, words]) => {
    const error = transactionError(custom(1, Number(code)), facts);
    expect(error.message).toBe(`leaveEdge: ${words}`);
    // The key of the very table.
    expect(error.code).toBe(programErrorCode(Number(code) as ProgramErrorCode));
    expect(error.code).toMatch(/^chain\/[a-z]+(-[a-z]+)*$/);
  });

  it('does not take the codes of other programs for its own', () => {
    expect(transactionError(custom(0, 6003), facts).code).toBe('chain/instruction-failed');
  });

  it('tells lamports from tokens by the program that failed', () => {
    const token = [`Program ${PROGRAMS.token} failed: custom program error: 0x1`];
    expect(transactionError(custom(1, 1), { ...facts, logs: token }).code).toBe('chain/insufficient-tokens');
    const lamports = [
      'Transfer: insufficient lamports 1, need 2',
      `Program ${PROGRAMS.system} failed: custom program error: 0x1`,
    ];
    expect(transactionError(custom(1, 1), { ...facts, logs: lamports }).code).toBe(
      'chain/insufficient-lamports',
    );
    expect(transactionError(custom(0, 1), facts).code).toBe('chain/insufficient-lamports');
  });

  it.each([
    ['InsufficientFundsForFee', 'chain/insufficient-lamports', false],
    [{ InsufficientFundsForRent: { account_index: 1 } }, 'chain/insufficient-lamports', false],
    ['BlockhashNotFound', 'chain/blockhash-expired', true],
    ['AlreadyProcessed', 'chain/already-processed', false],
    ['AccountInUse', 'chain/transaction-failed', true],
    [{ InstructionError: [1, 'ComputationalBudgetExceeded'] }, 'chain/instruction-failed', false],
  ])('%j is %s', (err, code, retry) => {
    const error = transactionError(err, facts);
    expect(error).toMatchObject({ code, retry });
    expect(error.message).not.toMatch(/Solana error|#\d/);
  });

  it('says what the runtime calls it in words', () => {
    expect(transactionError({ InstructionError: [1, 'ComputationalBudgetExceeded'] }, facts).message).toBe(
      'leaveEdge: computational budget exceeded.',
    );
  });
});

describe('compute budget', () => {
  it('writes its instructions as the runtime reads them', () => {
    expect(setComputeUnitLimit(0x01020304).data).toEqual(Uint8Array.of(2, 4, 3, 2, 1));
    expect(setComputeUnitPrice(258n).data).toEqual(Uint8Array.of(3, 2, 1, 0, 0, 0, 0, 0, 0));
  });

  it('takes the nearest rank', () => {
    expect(percentileFee([], 50)).toBe(0n);
    expect(percentileFee([5n, 1n, 9n, 3n], 50)).toBe(3n);
    expect(percentileFee([5n, 1n, 9n, 3n], 100)).toBe(9n);
    expect(percentileFee([5n, 1n, 9n, 3n], 0)).toBe(1n);
  });
});

describe('missingChunks', () => {
  it('names the chunks that differ or are not there', () => {
    const bytes = new Uint8Array(2_000).fill(1);
    expect(missingChunks(bytes, new Uint8Array(0))).toEqual([0, 960, 1_920]);
    expect(missingChunks(bytes, bytes.with(961, 2))).toEqual([960]);
    expect(missingChunks(bytes, bytes)).toEqual([]);
  });
});

describe('websocketUrl', () => {
  it('is one port above, or the same host behind TLS', () => {
    expect(websocketUrl('http://127.0.0.1:8899')).toBe('ws://127.0.0.1:8900/');
    expect(websocketUrl('https://api.example')).toBe('wss://api.example/');
    expect(() => websocketUrl('nowhere')).toThrow(expect.objectContaining({ code: 'chain/bad-url' }));
  });
});
