import { MediaError } from '@media-network/runtime';

import { PROGRAM_ERRORS } from '../schema/index.ts';
import { programErrorCode } from '../transaction-errors.ts';
import type { ProgramErrorCode } from '../schema/index.ts';

export type ProgramErrorName = (typeof PROGRAM_ERRORS)[ProgramErrorCode][0];

const codes = new Map<string, ProgramErrorCode>(
  // Object.entries turns the numeric keys into strings.
  Object.entries(PROGRAM_ERRORS).map(([code, [name]]) => [name, Number(code) as ProgramErrorCode]),
);

/** Numbers with which the SPL token program fails where the program leaves the check to it. */
export const TOKEN_INSUFFICIENT_FUNDS = 1;
export const TOKEN_OWNER_MISMATCH = 4;

/** Leaves a rule with a program error. `quoteSwap` and its like throw it to their callers as a MediaError. */
export function fail(name: ProgramErrorName): never {
  const code = codes.get(name);
  if (code === undefined) throw new Error(`no such error: ${name}`);
  throw new MediaError({
    code: programErrorCode(code),
    message: PROGRAM_ERRORS[code][1],
    source: 'client',
    context: { custom: code, error: name },
  });
}

export function failToken(custom: number): never {
  throw new MediaError({
    code: 'chain/token-error',
    message: `The token program fails with ${custom}.`,
    source: 'client',
    context: { custom },
  });
}

/** The custom code that the chain would show for what a rule threw; undefined if it is another error. */
export function customOf(error: unknown): number | undefined {
  if (!(error instanceof MediaError)) return undefined;
  const { custom } = error.context;
  return typeof custom === 'number' ? custom : undefined;
}
