import type { Address } from '@solana/kit';
import type { StoredAccount } from '../../svm/account.ts';
import { LOADER_V3, LOOKUP_TABLE_PROGRAM, SYSTEM_PROGRAM, SYSVAR_PROGRAM } from '../../svm/program-ids.ts';
import { dataReader } from './layout.ts';
import { parseTokenData } from './token-account.ts';

interface ParsedAccount {
  readonly type: string;
  readonly info?: unknown;
}

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

const CLOCK_BYTES = 40;
const RENT_BYTES = 17;
const EPOCH_SCHEDULE_BYTES = 33;

/** The sysvars that are told apart by their size (agave, `parse_sysvar.rs`). */
function parseSysvar(data: Uint8Array): ParsedAccount | undefined {
  const r = dataReader(data);
  if (data.length === CLOCK_BYTES) {
    const [slot, epochStartTimestamp, epoch, leaderScheduleEpoch, unixTimestamp] = [
      r.u64(),
      r.u64(),
      r.u64(),
      r.u64(),
      r.u64(),
    ];
    const info = { slot, epoch, epochStartTimestamp, leaderScheduleEpoch, unixTimestamp };
    return { type: 'clock', info };
  }
  if (data.length === RENT_BYTES) return { type: 'rent', info: { lamportsPerByte: r.u64().toString() } };
  if (data.length !== EPOCH_SCHEDULE_BYTES) return undefined;
  const slotsPerEpoch = r.u64();
  const leaderScheduleSlotOffset = r.u64();
  const warmup = r.u8() === 1;
  const info = {
    slotsPerEpoch,
    leaderScheduleSlotOffset,
    warmup,
    firstNormalEpoch: r.u64(),
    firstNormalSlot: r.u64(),
  };
  return { type: 'epochSchedule', info };
}

interface AccountParser {
  readonly program: string;
  readonly parse: (data: Uint8Array) => ParsedAccount | undefined;
}

const PARSERS: ReadonlyMap<Address, AccountParser> = new Map<Address, AccountParser>([
  [SYSTEM_PROGRAM, { program: 'nonce', parse: parseNonce }],
  [LOADER_V3, { program: 'bpf-upgradeable-loader', parse: parseLoader }],
  [LOOKUP_TABLE_PROGRAM, { program: 'address-lookup-table', parse: parseTable }],
  [SYSVAR_PROGRAM, { program: 'sysvar', parse: parseSysvar }],
]);

/** `{ program, parsed: { type, info }, space }` of accounts whose owner is known; else `undefined`. */
export function parseAccountData(
  account: StoredAccount,
  read: (address: Address) => StoredAccount | undefined,
): unknown {
  const parser = PARSERS.get(account.owner);
  if (parser === undefined) return parseTokenData(account, read);
  try {
    const parsed = parser.parse(account.data);
    return parsed && { program: parser.program, parsed, space: account.data.length };
  } catch (error) {
    if (error instanceof RangeError) return undefined; // not laid out as its owner would: shown as bytes
    throw error;
  }
}
