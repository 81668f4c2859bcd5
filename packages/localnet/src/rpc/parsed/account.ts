import type { Address } from '@solana/kit';
import type { StoredAccount } from '../../svm/account.ts';
import {
  LOADER_V3,
  LOOKUP_TABLE_PROGRAM,
  STAKE_PROGRAM,
  SYSTEM_PROGRAM,
  SYSVAR_PROGRAM,
} from '../../svm/program-ids.ts';
import { dataReader } from './layout.ts';
import type { ParsedAccount } from './layout.ts';
import { parseStake } from './stake.ts';
import { parseSysvar } from './sysvar.ts';
import { parseTokenData } from './token-account.ts';

const NONCE_BYTES = 80;

/** A durable nonce: version, state, authority, blockhash, fee (agave, `parse_nonce.rs`). */
function parseNonce(data: Uint8Array): ParsedAccount | undefined {
  if (data.length !== NONCE_BYTES) return undefined;
  const r = dataReader(data);
  r.u32();
  if (r.u32() === 0) return { type: 'uninitialized' };
  const info = {
    authority: r.address(),
    blockhash: r.address(),
    feeCalculator: { lamportsPerSignature: r.u64().toString() },
  };
  return { type: 'initialized', info };
}

/** The upgradeable loader's accounts by their tag (agave, `parse_bpf_loader.rs`). */
function parseLoader(data: Uint8Array): ParsedAccount | undefined {
  const r = dataReader(data);
  const optionalAddress = (): Address | null => (r.u8() === 1 ? r.address() : null);
  const code = (at: number): [string, 'base64'] => [
    Buffer.from(data.subarray(at)).toString('base64'),
    'base64',
  ];
  switch (r.u32()) {
    case 0:
      return { type: 'uninitialized' };
    case 1:
      return { type: 'buffer', info: { authority: optionalAddress(), data: code(37) } };
    case 2:
      return { type: 'program', info: { programData: r.address() } };
    case 3: {
      const slot = r.u64();
      return { type: 'programData', info: { slot, authority: optionalAddress(), data: code(45) } };
    }
    default:
      return undefined;
  }
}

/** An address lookup table (agave, `parse_address_lookup_table.rs`). */
function parseTable(data: Uint8Array): ParsedAccount | undefined {
  const r = dataReader(data);
  if (r.u32() !== 1) return { type: 'uninitialized' };
  const deactivationSlot = r.u64().toString();
  const lastExtendedSlot = r.u64().toString();
  const lastExtendedSlotStartIndex = r.u8();
  const authority = r.u8() === 1 ? r.address() : undefined;
  const list = dataReader(data.subarray(56));
  const addresses: Address[] = [];
  while (list.left >= 32) addresses.push(list.address());
  const info = { deactivationSlot, lastExtendedSlot, lastExtendedSlotStartIndex, addresses };
  return { type: 'lookupTable', info: authority === undefined ? info : { ...info, authority } };
}

interface AccountParser {
  readonly program: string;
  readonly parse: (data: Uint8Array, address: Address) => ParsedAccount | undefined;
}

const PARSERS: ReadonlyMap<Address, AccountParser> = new Map<Address, AccountParser>([
  [SYSTEM_PROGRAM, { program: 'nonce', parse: parseNonce }],
  [LOADER_V3, { program: 'bpf-upgradeable-loader', parse: parseLoader }],
  [LOOKUP_TABLE_PROGRAM, { program: 'address-lookup-table', parse: parseTable }],
  [STAKE_PROGRAM, { program: 'stake', parse: parseStake }],
  [SYSVAR_PROGRAM, { program: 'sysvar', parse: parseSysvar }],
]);

/** `{ program, parsed: { type, info }, space }` of accounts whose owner is known; else `undefined`. */
export function parseAccountData(
  address: Address,
  account: StoredAccount,
  read: (address: Address) => StoredAccount | undefined,
): unknown {
  const parser = PARSERS.get(account.owner);
  if (parser === undefined) return parseTokenData(account, read);
  try {
    const parsed = parser.parse(account.data, address);
    return parsed && { program: parser.program, parsed, space: account.data.length };
  } catch (error) {
    if (error instanceof RangeError) return undefined; // not laid out as its owner would: shown as bytes
    throw error;
  }
}
