import type { Address } from '@solana/kit';
import { dataReader, named } from './layout.ts';
import type { DataReader, ParsedInstruction } from './layout.ts';

/** Bytes with their count before them, as bincode writes them. */
const bytes = (r: DataReader): string => r.take(Number(r.u64())).toString('base64');

interface LoaderLayout {
  readonly type: string;
  readonly accounts: readonly string[];
  /** Accounts that need not be named; shown only if they are, or as null where the loader says so. */
  readonly optional?: readonly string[];
  readonly nullable?: true;
  readonly data?: (r: DataReader) => Readonly<Record<string, unknown>>;
}

const write = (r: DataReader): Readonly<Record<string, unknown>> => ({ offset: r.u32(), bytes: bytes(r) });
const additional = (r: DataReader): Readonly<Record<string, unknown>> => ({ additionalBytes: r.u32() });

/** The upgradeable loader's instructions by their tag (agave, `parse_bpf_loader.rs`). */
const UPGRADEABLE: readonly LoaderLayout[] = [
  { type: 'initializeBuffer', accounts: ['account'], optional: ['authority'] },
  { type: 'write', accounts: ['account', 'authority'], data: write },
  {
    type: 'deployWithMaxDataLen',
    accounts: [
      'payerAccount',
      'programDataAccount',
      'programAccount',
      'bufferAccount',
      'rentSysvar',
      'clockSysvar',
      'systemProgram',
      'authority',
    ],
    data: (r) => ({ maxDataLen: r.u64() }),
  },
  {
    type: 'upgrade',
    accounts: [
      'programDataAccount',
      'programAccount',
      'bufferAccount',
      'spillAccount',
      'rentSysvar',
      'clockSysvar',
      'authority',
    ],
  },
  { type: 'setAuthority', accounts: ['account', 'authority'], optional: ['newAuthority'], nullable: true },
  { type: 'close', accounts: ['account', 'recipient', 'authority'], optional: ['programAccount'] },
  {
    type: 'extendProgram',
    accounts: ['programDataAccount', 'programAccount'],
    optional: ['systemProgram', 'payerAccount'],
    nullable: true,
    data: additional,
  },
  { type: 'setAuthorityChecked', accounts: ['account', 'authority', 'newAuthority'] },
  { type: 'migrate', accounts: ['programDataAccount', 'programAccount', 'authority'] },
  {
    type: 'extendProgramChecked',
    accounts: ['programDataAccount', 'programAccount', 'authority'],
    optional: ['systemProgram', 'payerAccount'],
    nullable: true,
    data: additional,
  },
];

/** The older loader's, which finalises in place. */
const FINAL: readonly LoaderLayout[] = [
  { type: 'write', accounts: ['account'], data: write },
  { type: 'finalize', accounts: ['account'] },
];

function parse(
  layouts: readonly LoaderLayout[],
  data: Uint8Array,
  accounts: readonly Address[],
): ParsedInstruction | undefined {
  const reader = dataReader(data);
  const layout = layouts[reader.u32()];
  const info = layout && named(layout.accounts, accounts);
  if (layout === undefined || info === undefined) return undefined;
  const more = (layout.optional ?? []).flatMap((name, i) => {
    const account = accounts[layout.accounts.length + i];
    return account === undefined && layout.nullable !== true ? [] : [[name, account ?? null] as const];
  });
  return { type: layout.type, info: { ...info, ...Object.fromEntries(more), ...layout.data?.(reader) } };
}

export const parseUpgradeableLoader = (
  data: Uint8Array,
  accounts: readonly Address[],
): ParsedInstruction | undefined => parse(UPGRADEABLE, data, accounts);

export const parseFinalLoader = (
  data: Uint8Array,
  accounts: readonly Address[],
): ParsedInstruction | undefined => parse(FINAL, data, accounts);
