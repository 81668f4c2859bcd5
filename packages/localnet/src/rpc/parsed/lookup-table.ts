import type { Address } from '@solana/kit';
import { dataReader, named } from './layout.ts';
import type { DataReader, InstructionLayout, ParsedInstruction } from './layout.ts';

function newAddresses(r: DataReader): Record<string, unknown> {
  const count = Number(r.u64());
  const list: Address[] = [];
  for (let i = 0; i < count; i += 1) list.push(r.address());
  return { newAddresses: list };
}

const TABLE = ['lookupTableAccount', 'lookupTableAuthority'];

/** The address lookup table program's instructions by their tag (agave, `parse_address_lookup_table.rs`). */
const LAYOUTS: readonly InstructionLayout[] = [
  {
    type: 'createLookupTable',
    accounts: [...TABLE, 'payerAccount', 'systemProgram'],
    data: (r) => ({ recentSlot: r.u64(), bumpSeed: r.u8() }),
  },
  { type: 'freezeLookupTable', accounts: TABLE },
  { type: 'extendLookupTable', accounts: TABLE, data: newAddresses },
  { type: 'deactivateLookupTable', accounts: TABLE },
  { type: 'closeLookupTable', accounts: [...TABLE, 'recipient'] },
];

export function parseLookupTable(
  data: Uint8Array,
  accounts: readonly Address[],
): ParsedInstruction | undefined {
  const reader = dataReader(data);
  const layout = LAYOUTS[reader.u32()];
  if (layout === undefined) return undefined;
  const info = named(layout.accounts, accounts);
  if (info === undefined) return undefined;
  // Who pays for an extension need not be named.
  const payer =
    layout.type === 'extendLookupTable' && accounts.length >= 4
      ? { payerAccount: accounts[2], systemProgram: accounts[3] }
      : {};
  return { type: layout.type, info: { ...info, ...payer, ...layout.data?.(reader) } };
}
