import { MediaError } from '@media-network/runtime';
import type { Address, Instruction } from '@solana/kit';

import { instructionName } from './codec/instructions.ts';
import { PROGRAMS } from './programs.ts';
import { PROGRAM_ERRORS } from './schema/index.ts';
import type { ProgramErrorCode } from './schema/index.ts';

/** `SetNotReady` → `set-not-ready`. */
function kebab(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}

/** The code under which a program error reaches callers: `chain/set-not-ready`. */
export function programErrorCode(code: ProgramErrorCode): string {
  return `chain/${kebab(PROGRAM_ERRORS[code][0])}`;
}

const TOKEN_ERRORS: Readonly<Record<number, readonly [code: string, words: string]>> = {
  1: ['chain/insufficient-tokens', 'The token account holds too little.'],
  3: ['chain/wrong-mint', 'A token account is of another mint.'],
  4: ['chain/wrong-owner', 'A token account belongs to someone else.'],
  17: ['chain/token-frozen', 'The token account is frozen.'],
};

const LAMPORTS_WORDS =
  'The payer has too few lamports. Send SOL to it, or ask for an airdrop on a test chain.';

export interface FailureFacts {
  /** The instructions as sent, so that the failing one can be named. */
  readonly instructions: readonly Instruction[];
  readonly programId: Address;
  readonly logs?: readonly string[] | null;
  readonly signature?: string;
}

/** Turns the `err` of a simulation or a status into words. Bigints and numbers are both accepted for indices and codes. */
export function transactionError(err: unknown, facts: FailureFacts): MediaError {
  const context = {
    err: printable(err),
    ...(facts.signature === undefined ? {} : { signature: facts.signature }),
    ...(facts.logs == null ? {} : { logs: facts.logs.slice(-12) }),
  };
  const failed = instructionError(err);
  if (failed !== undefined) return instructionFailure(failed.index, failed.reason, facts, context);
  if (
    err === 'InsufficientFundsForFee' ||
    err === 'AccountNotFound' ||
    hasKey(err, 'InsufficientFundsForRent')
  ) {
    return new MediaError({
      code: 'chain/insufficient-lamports',
      message: LAMPORTS_WORDS,
      source: 'client',
      context,
    });
  }
  if (err === 'BlockhashNotFound') {
    return new MediaError({
      code: 'chain/blockhash-expired',
      message: 'The transaction is too old for the chain. Send it again.',
      source: 'chain',
      retry: true,
      context,
    });
  }
  if (err === 'AlreadyProcessed') {
    return new MediaError({
      code: 'chain/already-processed',
      message: 'The chain has processed this very transaction already.',
      source: 'chain',
      context,
    });
  }
  const retry =
    err === 'AccountInUse' || err === 'ClusterMaintenance' || err === 'WouldExceedMaxBlockCostLimit';
  return new MediaError({
    code: 'chain/transaction-failed',
    message: `The chain refused the transaction: ${words(err)}.`,
    source: 'chain',
    retry,
    context,
  });
}

function instructionFailure(
  index: number,
  reason: unknown,
  facts: FailureFacts,
  context: Readonly<Record<string, unknown>>,
): MediaError {
  const instruction = facts.instructions[index];
  const ours = instruction?.programAddress === facts.programId;
  const name =
    ours && instruction.data !== undefined ? instructionName(new Uint8Array(instruction.data)) : undefined;
  const where = name ?? `instruction ${index + 1}`;
  const full = { ...context, instruction: where, index };
  const custom = customCode(reason);
  if (custom === undefined) {
    return new MediaError({
      code: 'chain/instruction-failed',
      message: `${where}: ${words(reason)}.`,
      source: 'chain',
      context: full,
    });
  }
  const known = Object.entries(PROGRAM_ERRORS).find(([code]) => Number(code) === custom)?.[1];
  if (ours && known !== undefined) {
    return new MediaError({
      code: `chain/${kebab(known[0])}`,
      message: `${where}: ${known[1]}`,
      source: 'chain',
      context: { ...full, error: known[0], custom },
    });
  }
  return foreignFailure(
    where,
    custom,
    innermostProgram(facts.logs) ?? instruction?.programAddress,
    facts,
    full,
  );
}

/** An error of a program that ours called, or of another top-level instruction. */
function foreignFailure(
  where: string,
  custom: number,
  program: string | undefined,
  facts: FailureFacts,
  context: Readonly<Record<string, unknown>>,
): MediaError {
  const full = { ...context, custom, ...(program === undefined ? {} : { program }) };
  const lacksLamports = facts.logs?.some((line) => line.includes('insufficient lamports')) === true;
  if (custom === 1 && (lacksLamports || program === PROGRAMS.system)) {
    return new MediaError({
      code: 'chain/insufficient-lamports',
      message: `${where}: ${LAMPORTS_WORDS}`,
      source: 'client',
      context: full,
    });
  }
  // A status carries no logs; in our own instructions a small custom code can only be the token program's.
  const token = program === PROGRAMS.token || program === facts.programId ? TOKEN_ERRORS[custom] : undefined;
  if (token !== undefined) {
    return new MediaError({
      code: token[0],
      message: `${where}: ${token[1]}`,
      source: 'client',
      context: full,
    });
  }
  return new MediaError({
    code: 'chain/instruction-failed',
    message: `${where}: the program ${program ?? 'called'} failed with its error ${custom}.`,
    source: 'chain',
    context: full,
  });
}

function innermostProgram(logs: readonly string[] | null | undefined): string | undefined {
  const line = logs?.find((each) => / failed: custom program error/.test(each));
  return line === undefined ? undefined : /^Program (\S+) failed/.exec(line)?.[1];
}

function instructionError(err: unknown): { index: number; reason: unknown } | undefined {
  if (typeof err !== 'object' || err === null || !('InstructionError' in err)) return undefined;
  const pair = err.InstructionError;
  return Array.isArray(pair) && pair.length === 2 ? { index: Number(pair[0]), reason: pair[1] } : undefined;
}

/** The custom code of a failed instruction, if the error is one. */
function customCode(reason: unknown): number | undefined {
  if (typeof reason !== 'object' || reason === null || !('Custom' in reason)) return undefined;
  return Number(reason.Custom);
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && key in value;
}

/** `ComputationalBudgetExceeded` → `computational budget exceeded`. */
function words(reason: unknown): string {
  const name =
    typeof reason === 'string'
      ? reason
      : typeof reason === 'object' && reason !== null
        ? Object.keys(reason)[0]
        : undefined;
  return kebab(name ?? 'unknown error').replaceAll('-', ' ');
}

function printable(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each));
}
