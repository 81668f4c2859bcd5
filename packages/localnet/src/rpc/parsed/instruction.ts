import { isUtf8 } from 'node:buffer';
import type { Address } from '@solana/kit';
import { encodeBase58 } from '../../codec/base58.ts';
import {
  ASSOCIATED_TOKEN_PROGRAM,
  LOADER_V2,
  LOADER_V3,
  LOOKUP_TABLE_PROGRAM,
  MEMO_PROGRAM,
  MEMO_V1_PROGRAM,
  STAKE_PROGRAM,
  SYSTEM_PROGRAM,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
} from '../../svm/program-ids.ts';
import { parseLookupTable } from './lookup-table.ts';
import type { ParsedInstruction } from './layout.ts';
import { parseFinalLoader, parseUpgradeableLoader } from './loader.ts';
import { parseStakeInstruction } from './stake-instruction.ts';
import { parseSystem } from './system.ts';
import { parseAssociatedToken, parseToken } from './token.ts';

/** An instruction with its accounts as indexes into the transaction's keys, and its data in base58 or bytes. */
export interface CompiledInstruction {
  readonly programIdIndex: number;
  readonly accounts: readonly number[];
  readonly data: Uint8Array;
  readonly stackHeight: number;
}

interface Parser {
  readonly program: string;
  readonly parse: (data: Uint8Array, accounts: readonly Address[]) => ParsedInstruction | string | undefined;
}

const parseMemo = (data: Uint8Array): string | undefined =>
  isUtf8(data) ? Buffer.from(data).toString('utf8') : undefined;

const PARSERS: ReadonlyMap<Address, Parser> = new Map<Address, Parser>([
  [SYSTEM_PROGRAM, { program: 'system', parse: parseSystem }],
  // Both go by one name; Token-2022's confidential transfers come undecoded.
  [TOKEN_PROGRAM, { program: 'spl-token', parse: parseToken }],
  [TOKEN_2022_PROGRAM, { program: 'spl-token', parse: parseToken }],
  [ASSOCIATED_TOKEN_PROGRAM, { program: 'spl-associated-token-account', parse: parseAssociatedToken }],
  [MEMO_PROGRAM, { program: 'spl-memo', parse: parseMemo }],
  [MEMO_V1_PROGRAM, { program: 'spl-memo', parse: parseMemo }],
  [LOADER_V2, { program: 'bpf-loader', parse: parseFinalLoader }],
  [LOADER_V3, { program: 'bpf-upgradeable-loader', parse: parseUpgradeableLoader }],
  [STAKE_PROGRAM, { program: 'stake', parse: parseStakeInstruction }],
  [LOOKUP_TABLE_PROGRAM, { program: 'address-lookup-table', parse: parseLookupTable }],
]);

function parsedBy(
  parser: Parser,
  data: Uint8Array,
  accounts: readonly Address[],
): ParsedInstruction | string | undefined {
  try {
    return parser.parse(data, accounts);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // cut short: shown undecoded
    throw error;
  }
}

/**
 * An instruction of `jsonParsed`: `{ program, programId, parsed, stackHeight }` where its program is known, else
 * addresses in place of indexes (agave, `UiPartiallyDecodedInstruction`).
 */
export function parsedInstructionJson(keys: readonly Address[], instruction: CompiledInstruction): unknown {
  const { programIdIndex, data, stackHeight } = instruction;
  const programId = keys[programIdIndex];
  const accounts = instruction.accounts.flatMap((index) => keys[index] ?? []);
  const parser = programId === undefined ? undefined : PARSERS.get(programId);
  const parsed = parser && parsedBy(parser, data, accounts);
  return parsed === undefined
    ? { programId, accounts, data: encodeBase58(data), stackHeight }
    : { program: parser?.program, programId, parsed, stackHeight };
}
